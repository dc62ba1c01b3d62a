internal import HTTPCore

extension RequestHead {
    /// Tells the four forms of a target apart (RFC 9112 section 3.2) and takes it to pieces.
    mutating func judgeTarget(_ bytes: Span<UInt8>) throws(RequestRefusal) {
        switch method {
        case .connect, .trace: throw RequestRefusal(status: 405, .method)
        default: break
        }
        if bytes[target.lowerBound] == 0x2f { return splitQuery(bytes, from: target.lowerBound) }
        if bytes[target.lowerBound] == 0x2a, target.count == 1, method == .options {
            isAsteriskForm = true
            path = target
            return
        }
        try splitAbsolute(bytes)
    }

    /// Path and query of the target from `start` on.
    @inline(__always)
    private mutating func splitQuery(_ bytes: Span<UInt8>, from start: Int) {
        let end = target.upperBound
        let index = ByteClass.first(0x3f, bytes, start, end)
        path = start..<index
        if index < end { query = (index &+ 1)..<end }
    }

    private mutating func splitAbsolute(_ bytes: Span<UInt8>) throws(RequestRefusal) {
        guard let start = endOfScheme(bytes) else { throw RequestRefusal(.target) }
        var end = start
        while end < target.upperBound, bytes[end] != 0x2f, bytes[end] != 0x3f { end += 1 }
        guard HostName.isValid(bytes, start..<end) else { throw RequestRefusal(.host) }
        authority = start..<end
        splitQuery(bytes, from: end)
        isAsteriskForm = method == .options && path.isEmpty && query == nil
    }

    /// Where the authority of an `http` or `https` target begins.
    private func endOfScheme(_ bytes: Span<UInt8>) -> Int? {
        let start = target.lowerBound
        if target.count > 7, ASCII.equalsIgnoringCase(bytes, start..<(start + 7), "http://") {
            return start + 7
        }
        if target.count > 8, ASCII.equalsIgnoringCase(bytes, start..<(start + 8), "https://") {
            return start + 8
        }
        return nil
    }
}
