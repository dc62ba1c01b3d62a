internal import HTTPCore

extension ResponseHead {
    /// Takes in what a line says, as far as one line can be judged alone.
    @inline(__always)
    mutating func note(_ line: FieldLine, _ bytes: Span<UInt8>) throws(ResponseFault) {
        switch line.id {
        case .contentLength:
            // Equal ones are refused as well: whoever repeats the field is two writers.
            guard marks.contentLengthLines == 0, let length = ASCII.decimal(bytes, line.value) else {
                throw .framing
            }
            marks.contentLengthLines = 1
            contentLength = length
        case .transferEncoding:
            guard marks.transferEncodingLines == 0, ASCII.equalsIgnoringCase(bytes, line.value, "chunked")
            else { throw .framing }
            marks.transferEncodingLines = 1
            isChunked = true
        case .connection: try noteConnection(line, bytes)
        case .upgrade:
            let isWebSocket = ASCII.equalsIgnoringCase(bytes, line.value, "websocket")
            marks.listsWebSocket = isWebSocket && marks.upgradeLines == 0
            marks.upgradeLines += 1
        default: return
        }
    }

    private mutating func noteConnection(_ line: FieldLine, _ bytes: Span<UInt8>) throws(ResponseFault) {
        if case .keepAlive = ConnectionOption.of(bytes, line.value) {
            marks.hasKeepAlive = true
            return
        }
        var list = ListScanner(line.value)
        while let option = list.next(bytes) {
            switch ConnectionOption.of(bytes, option) {
            case .close: marks.hasClose = true
            case .keepAlive: marks.hasKeepAlive = true
            case .upgrade: marks.hasUpgradeOption = true
            case .te: break
            case .named:
                guard namedFields.count < ConnectionOption.maximumNamed else { throw .connection }
                namedFields.append(option)
            case .malformed: throw .connection
            }
        }
    }

    /// Judges what only all lines together tell.
    mutating func conclude(_ bytes: Span<UInt8>) throws(ResponseFault) {
        // A sender of both, or of chunks in HTTP/1.0, and its reader may see different ends.
        guard !isChunked || (contentLength == nil && minorVersion >= 1) else { throw .framing }
        if !namedFields.isEmpty {
            // What the gateway knows by name is end-to-end or hop-by-hop whatever `Connection` says, so that
            // nobody upstream can have a cookie or a policy taken out on the way.
            ConnectionOption.mark(&fields, namedBy: namedFields, bytes) { $0 != .other }
        }
        keepsAlive = marks.keepsAlive(minorVersion: minorVersion)
        isUpgradeToWebSocket =
            status == 101 && minorVersion >= 1 && marks.listsWebSocket && marks.upgradeLines == 1
            && marks.hasUpgradeOption
    }
}
