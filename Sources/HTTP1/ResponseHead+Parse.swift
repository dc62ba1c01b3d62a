internal import HTTPCore

extension ResponseHead {
    /// Parses the head that `bytes` begins with; `limits.uri` does not apply. Begins anew at each call, since
    /// an upstream connection may die in the middle of a head and another take its place. `continuing`: the
    /// bytes are those of the last call, which was `incomplete`, and more behind them; then each byte is
    /// looked at once.
    public mutating func parse(
        _ bytes: Span<UInt8>, limits: HeadLimits, continuing: Bool = false
    ) -> ResponseParse {
        if !continuing { reset() }
        do throws(ResponseFault) {
            return try advance(bytes, limits)
        } catch {
            reset()
            return .malformed(error)
        }
    }

    private mutating func advance(
        _ bytes: Span<UInt8>, _ limits: HeadLimits
    ) throws(ResponseFault) -> ResponseParse {
        let end = min(bytes.count, limits.headerSize)
        guard let length = try parseHead(bytes, end, limits) else {
            if bytes.count >= limits.headerSize { throw .headerSize }
            return .incomplete
        }
        try conclude(bytes)
        return .complete(length: length)
    }

    private mutating func parseHead(
        _ bytes: Span<UInt8>, _ end: Int, _ limits: HeadLimits
    ) throws(ResponseFault) -> Int? {
        if case .fields = stage {
        } else {
            guard try parseStatusLine(bytes, end) else { return nil }
            stage = .fields
        }
        while true {
            switch scanner.next(bytes, end) {
            case .line(let line):
                guard fields.count < limits.headerCount else { throw .headerCount }
                fields.append(line)
                try note(line, bytes)
            case .end(let length): return length
            case .incomplete: return nil
            case .fault(let fault): throw ResponseFault(fault)
            }
        }
    }

    /// `HTTP/1.x SP 3DIGIT SP reason CRLF` (RFC 9112 section 4); false: not all there. The space before an
    /// empty reason may be missing, as many servers leave it out.
    private mutating func parseStatusLine(_ bytes: Span<UInt8>, _ end: Int) throws(ResponseFault) -> Bool {
        if case .target(_, let scanned) = stage { return try skipReason(bytes, scanned, end) }
        switch HTTPVersion.read(bytes, 0, end) {
        case .incomplete: return false
        case .malformed: throw .statusLine
        case .version(let version):
            guard version.major == 1 else { throw .version }
            minorVersion = min(version.minor, 1)
        }
        let code = HTTPVersion.length + 1
        guard code <= end else { return false }
        guard bytes[code - 1] == 0x20 else { throw .statusLine }
        var value = 0
        for index in code..<(code + 3) {
            guard index < end else { return false }
            guard ASCII.isDigit(bytes[index]) else { throw .status }
            value = value * 10 + Int(bytes[index] - 0x30)
        }
        guard (100...599).contains(value) else { throw .status }
        status = value
        guard code + 3 < end else { return false }
        switch bytes[code + 3] {
        case 0x20, ASCII.carriageReturn: return try skipReason(bytes, code + 3, end)
        case ASCII.lineFeed: throw .lineEnd
        default: throw .status
        }
    }

    private mutating func skipReason(
        _ bytes: Span<UInt8>, _ start: Int, _ end: Int
    ) throws(ResponseFault) -> Bool {
        let stop = ByteClass.endOfText(bytes, start, end)
        stage = .target(start: 0, scanned: stop)
        guard stop < end else { return false }
        guard bytes[stop] == ASCII.carriageReturn else {
            throw bytes[stop] == ASCII.lineFeed ? .lineEnd : .statusLine
        }
        guard stop + 1 < end else { return false }
        guard bytes[stop + 1] == ASCII.lineFeed else { throw .lineEnd }
        scanner = FieldScanner(at: stop + 2)
        return true
    }
}

extension ResponseFault {
    init(_ fault: FieldScanner.Fault) {
        switch fault {
        case .lineEnd: self = .lineEnd
        case .folded: self = .folded
        case .name: self = .headerName
        case .value: self = .headerValue
        }
    }
}
