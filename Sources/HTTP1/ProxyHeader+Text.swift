internal import HTTPCore

/// Version 1: `PROXY TCP4 203.0.113.7 192.0.2.1 56324 443` and CRLF.
extension ProxyHeader {
    /// Longest line in bytes, with its end.
    private static let longestLine = 107

    static func parseText(_ bytes: Span<UInt8>) -> ProxyHeaderParse {
        var end = 6
        while end < min(bytes.count, longestLine), bytes[end] != ASCII.lineFeed { end += 1 }
        guard end < min(bytes.count, longestLine) else {
            return bytes.count < longestLine ? .incomplete : .broken
        }
        guard bytes[end - 1] == ASCII.carriageReturn else { return .broken }
        guard let source = source(bytes, 6..<(end - 1)) else { return .broken }
        return .complete(ProxyHeader(length: end + 1, source: source))
    }

    /// What the line says behind `PROXY `; nil if it breaks the grammar. Of an unknown protocol nothing is told, and
    /// what stands there is to be ignored.
    private static func source(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Source? {
        var words: [Range<Int>] = []
        var start = range.lowerBound
        for index in range where bytes[index] == 0x20 {
            words.append(start..<index)
            start = index + 1
        }
        words.append(start..<range.upperBound)
        if ASCII.equals(bytes, words[0], "UNKNOWN".utf8.span) { return .unknown }
        guard words.count == 5, isPort(bytes, words[3]), isPort(bytes, words[4]) else { return nil }
        let read: (Span<UInt8>, Range<Int>) -> [UInt8]?
        if ASCII.equals(bytes, words[0], "TCP4".utf8.span) {
            read = { IPv4Literal.mapped($0, $1) }
        } else if ASCII.equals(bytes, words[0], "TCP6".utf8.span) {
            read = { IPv6Literal.bytes($0, $1) }
        } else {
            return nil
        }
        guard let client = read(bytes, words[1]), read(bytes, words[2]) != nil else { return nil }
        return .address(client)
    }

    private static func isPort(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        guard let port = ASCII.decimal(bytes, range) else { return false }
        return port <= 65_535
    }
}
