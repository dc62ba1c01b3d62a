internal import HTTPCore

extension RequestHead {
    /// A longer method than any that exists is answered 501 (RFC 9112 section 3).
    private static let longestMethod = 32

    /// Parses the request line (RFC 9112 section 3); false: it is not all there yet.
    mutating func parseRequestLine(
        _ bytes: Span<UInt8>, _ end: Int, _ limits: HeadLimits
    ) throws(RequestRefusal) -> Bool {
        if case .begin = stage {
            guard try parseMethod(bytes, end) else { return false }
        }
        guard case .target(let start, let scanned) = stage else { return false }
        let stop = ByteClass.endOfTarget(bytes, scanned, end)
        guard stop &- start <= limits.uri else { throw RequestRefusal(status: 414, .targetSize) }
        stage = .target(start: start, scanned: stop)
        guard stop < end else { return false }
        guard bytes[stop] == 0x20, stop > start else { throw targetFault(bytes, start, stop) }
        guard let next = try parseVersion(bytes, stop &+ 1, end) else { return false }
        target = start..<stop
        try judgeTarget(bytes)
        scanner = FieldScanner(at: next)
        return true
    }

    /// The method and the space behind it. Looked at anew each time; it is short.
    private mutating func parseMethod(_ bytes: Span<UInt8>, _ end: Int) throws(RequestRefusal) -> Bool {
        guard end > 0 else { return false }
        var start = 0
        if bytes[0] == ASCII.carriageReturn {
            guard end > 1 else { return false }
            guard bytes[1] == ASCII.lineFeed else { throw RequestRefusal(.lineEnd) }
            start = 2
        }
        var index = start
        while index < end, ByteClass.isToken(bytes[index]) {
            index &+= 1
            guard index &- start <= Self.longestMethod else { throw RequestRefusal(status: 501, .method) }
        }
        guard index < end else { return false }
        guard bytes[index] == 0x20, index > start else { throw methodFault(bytes, start, index) }
        methodRange = start..<index
        method = Method.of(bytes, start, index &- start)
        if method == .other, isForeign(bytes) { throw RequestRefusal(.notHTTP1) }
        stage = .target(start: index &+ 1, scanned: index &+ 1)
        return true
    }

    /// The words that HTTP/2 and the PROXY protocol begin with.
    private func isForeign(_ bytes: Span<UInt8>) -> Bool {
        ASCII.equals(bytes, methodRange, "PRI".utf8.span)
            || ASCII.equals(bytes, methodRange, "PROXY".utf8.span)
    }

    private func methodFault(_ bytes: Span<UInt8>, _ start: Int, _ index: Int) -> RequestRefusal {
        switch bytes[index] {
        // A TLS record of type handshake.
        case 0x16 where index == start: RequestRefusal(.notHTTP1)
        case ASCII.carriageReturn, ASCII.lineFeed: RequestRefusal(.lineEnd)
        default: RequestRefusal(.method)
        }
    }

    private func targetFault(_ bytes: Span<UInt8>, _ start: Int, _ stop: Int) -> RequestRefusal {
        let isLineEnd = bytes[stop] == ASCII.carriageReturn || bytes[stop] == ASCII.lineFeed
        // A line that ends with the target is HTTP/0.9.
        return RequestRefusal(isLineEnd && stop > start ? .notHTTP1 : .target)
    }

    /// `HTTP/1.x` and the line end at `start`; nil: not all there. Returns where the next line begins.
    private mutating func parseVersion(
        _ bytes: Span<UInt8>, _ start: Int, _ end: Int
    ) throws(RequestRefusal) -> Int? {
        let version: HTTPVersion
        switch HTTPVersion.read(bytes, start, end) {
        case .incomplete: return nil
        case .malformed: throw RequestRefusal(.version)
        case .version(let read): version = read
        }
        let lineEnd = start + HTTPVersion.length
        guard lineEnd < end else { return nil }
        guard bytes[lineEnd] == ASCII.carriageReturn else {
            throw RequestRefusal(bytes[lineEnd] == ASCII.lineFeed ? .lineEnd : .version)
        }
        guard lineEnd + 1 < end else { return nil }
        guard bytes[lineEnd + 1] == ASCII.lineFeed else { throw RequestRefusal(.lineEnd) }
        guard version.major == 1 else { throw RequestRefusal(status: 505, .version) }
        minorVersion = min(version.minor, 1)
        return lineEnd + 2
    }
}
