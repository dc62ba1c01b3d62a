internal import HTTPCore

extension RequestHead {
    /// Parses as much of a head as `bytes` has. After `incomplete` it is called again with the same bytes and
    /// more behind them, and goes on where it was; the answer does not depend on how the bytes arrived.
    ///
    /// At most one empty line before the request is tolerated (RFC 9112 section 2.2). Limits are enforced
    /// while the head is incomplete. Once complete or refused, the answer stays until `reset()`.
    public mutating func parse(_ bytes: Span<UInt8>, limits: HeadLimits) -> RequestParse {
        do throws(RequestRefusal) {
            return try advance(bytes, limits)
        } catch {
            stage = .failed
            refusal = error
            return .refused(error)
        }
    }

    private mutating func advance(
        _ bytes: Span<UInt8>, _ limits: HeadLimits
    ) throws(RequestRefusal) -> RequestParse {
        switch stage {
        case .complete(let length): return .complete(length: length)
        case .failed: throw refusal ?? RequestRefusal(.framing)
        case .fields: break
        case .begin, .target:
            guard try parseRequestLine(bytes, bytes.count, limits) else { return .incomplete }
            stage = .fields
        }
        // Bytes beyond the limit are not looked at, so that a head is judged the same in one piece or in
        // many.
        let limit = limits.headerSize &+ target.count
        guard let length = try parseFields(bytes, min(bytes.count, limit), limits) else {
            if bytes.count >= limit { throw RequestRefusal(status: 431, .headerSize) }
            return .incomplete
        }
        try conclude(bytes)
        stage = .complete(length: length)
        return .complete(length: length)
    }

    /// The head's length once its empty line is there; nil before.
    private mutating func parseFields(
        _ bytes: Span<UInt8>, _ end: Int, _ limits: HeadLimits
    ) throws(RequestRefusal) -> Int? {
        while true {
            switch scanner.next(bytes, end) {
            case .line(let line):
                guard fields.count < limits.headerCount else {
                    throw RequestRefusal(status: 431, .headerCount)
                }
                fields.append(line)
                seen |= 1 << UInt64(line.id.rawValue & 63)
                if line.hasUnderscoreOrDot { mayHaveSuspiciousFields = true }
                try note(line, bytes)
            case .end(let length): return length
            case .incomplete: return nil
            case .fault(let fault): throw RequestRefusal(RequestRefusal.Reason(fault))
            }
        }
    }

    /// Takes in what a line says, as far as one line can be judged alone.
    @inline(__always)
    private mutating func note(_ line: FieldLine, _ bytes: Span<UInt8>) throws(RequestRefusal) {
        switch line.id {
        case .other: return
        case .host:
            marks.hostLines &+= 1
            marks.host = line.value
        case .cookie:
            cookieLineCount &+= 1
            cookieLine = line.value
        case .connection: try noteConnection(line, bytes)
        case .contentLength: try noteContentLength(line, bytes)
        case .transferEncoding: try noteTransferEncoding(line, bytes)
        case .upgrade:
            hasUpgrade = true
            if ListScanner.contains(bytes, line.value, "websocket") { marks.listsWebSocket = true }
        case .expect: noteExpect(line, bytes)
        case .maxForwards:
            marks.maxForwardsLines &+= 1
            marks.maxForwards = line.value
        default: return
        }
    }

    private mutating func noteContentLength(
        _ line: FieldLine, _ bytes: Span<UInt8>
    ) throws(RequestRefusal) {
        marks.contentLengthLines += 1
        guard marks.contentLengthLines == 1, let length = ASCII.decimal(bytes, line.value) else {
            throw RequestRefusal(.framing)
        }
        contentLength = length
    }

    private mutating func noteTransferEncoding(
        _ line: FieldLine, _ bytes: Span<UInt8>
    ) throws(RequestRefusal) {
        marks.transferEncodingLines += 1
        // Any other coding would have to be forwarded without knowing where the body ends.
        guard marks.transferEncodingLines == 1, ASCII.equalsIgnoringCase(bytes, line.value, "chunked") else {
            throw RequestRefusal(.framing)
        }
        isChunked = true
    }

    private mutating func noteConnection(_ line: FieldLine, _ bytes: Span<UInt8>) throws(RequestRefusal) {
        // Nearly every request says this and nothing else.
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
                guard !FieldID.of(bytes, option.lowerBound, option.count).isProtectedFromConnection,
                    namedFields.count < ConnectionOption.maximumNamed
                else { throw RequestRefusal(.connection) }
                namedFields.append(option)
                mayHaveSuspiciousFields = true
            case .malformed: throw RequestRefusal(.connection)
            }
        }
    }

    private mutating func noteExpect(_ line: FieldLine, _ bytes: Span<UInt8>) {
        if ASCII.equalsIgnoringCase(bytes, line.value, "100-continue") {
            marks.expectsContinue = true
        } else {
            marks.hasOtherExpectation = true
        }
    }
}

extension RequestRefusal.Reason {
    init(_ fault: FieldScanner.Fault) {
        switch fault {
        case .lineEnd: self = .lineEnd
        case .folded: self = .folded
        case .name: self = .headerName
        case .value: self = .headerValue
        }
    }
}
