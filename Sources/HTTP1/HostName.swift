internal import HTTPCore

/// The host of a request: `Host`, or the authority of an absolute-form target.
public enum HostName {
    /// Longest host in bytes, without port.
    private static let longest = 255

    /// Whether `range` is a name, an IPv4 address or a bracketed IPv6 address, with a port or without.
    ///
    /// Narrower than RFC 3986: of names only letters, digits, `-`, `_` and single dots, as every name in use
    /// is spelled; no user, no percent-encoding, no zone, no empty port.
    public static func isValid(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        guard let end = endOfHost(bytes, range) else { return false }
        return end == range.upperBound || isPort(bytes, (end + 1)..<range.upperBound)
    }

    /// Calls `body` with the host in the form in which hosts are compared: lower case, without port, without
    /// one dot at its end. Empty for an empty or invalid host. Copies only where there are capitals.
    public static func withName<Result>(
        _ bytes: Span<UInt8>, _ range: Range<Int>, _ body: (Span<UInt8>) -> Result
    ) -> Result {
        let start = range.lowerBound
        var end = endOfHost(bytes, range) ?? start
        if end > start, bytes[end - 1] == 0x2e { end -= 1 }
        var isLower = true
        for index in start..<end where ASCII.lower(bytes[index]) != bytes[index] { isLower = false }
        if isLower { return body(bytes.extracting(start..<end)) }
        var name = InlineArray<255, UInt8>(repeating: 0)
        for index in start..<end { name[index - start] = ASCII.lower(bytes[index]) }
        return body(name.span.extracting(0..<(end - start)))
    }

    /// The end of the host proper: `range`'s own, or where a colon follows; nil where it is no host.
    private static func endOfHost(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int? {
        guard let first = range.first else { return nil }
        if bytes[first] == 0x5b { return endOfLiteral(bytes, range) }
        var index = first
        var previous: UInt8 = 0x2e
        while index < range.upperBound, bytes[index] != 0x3a {
            let byte = bytes[index]
            guard
                ByteClass.of(byte) & (ByteClass.token | ByteClass.unusualInName) == ByteClass.token
                    || byte == 0x5f || (byte == 0x2e && previous != 0x2e)
            else {
                return nil
            }
            previous = byte
            index += 1
        }
        return index > first && index - first <= longest ? index : nil
    }

    private static func endOfLiteral(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int? {
        var index = range.lowerBound + 1
        while index < range.upperBound, bytes[index] != 0x5d { index += 1 }
        guard index < range.upperBound else { return nil }
        guard IPv6Literal.isValid(bytes, (range.lowerBound + 1)..<index) else { return nil }
        guard index + 1 == range.upperBound || bytes[index + 1] == 0x3a else { return nil }
        return index + 1
    }

    /// 1 to 65535.
    private static func isPort(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        guard let port = ASCII.decimal(bytes, range) else { return false }
        return port >= 1 && port <= 65_535
    }
}
