import HTTPCore

/// The host of a request: `name`, IPv4 or `[IPv6]`, with or without a port (RFC 9112, 3.2).
public enum HostName {
    /// Whether it is one: no user, comma, slash, blank, or byte beyond ASCII.
    public static func isValid(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        guard !range.isEmpty, range.count <= 261 else { return false }
        let name = nameRange(bytes, range)
        guard !name.isEmpty, isValidPort(bytes, name.upperBound..<range.upperBound) else { return false }
        if bytes[name.lowerBound] == UInt8(ascii: "[") { return isValidLiteral(bytes, name) }
        for index in name {
            let byte = bytes[index]
            guard ASCII.isNameByte(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_") else {
                return false
            }
        }
        return bytes[name.lowerBound] != UInt8(ascii: ".")
    }

    /// Calls `body` with the host in lower case, without port and without one trailing dot.
    public static func withName<Result>(
        _ bytes: Span<UInt8>, _ range: Range<Int>, _ body: (Span<UInt8>) -> Result
    ) -> Result {
        var name = nameRange(bytes, range)
        if name.count > 1 && bytes[name.upperBound - 1] == UInt8(ascii: ".") {
            name = name.lowerBound..<name.upperBound - 1
        }
        var isPlain = true
        for index in name where bytes[index] &- 0x41 < 26 { isPlain = false }
        if isPlain { return body(bytes.extracting(name)) }
        var lowered: [UInt8] = []
        lowered.reserveCapacity(name.count)
        for index in name { lowered.append(ASCII.lower(bytes[index])) }
        return body(lowered.span)
    }

    private static func nameRange(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
        guard let first = range.first else { return range }
        let stop: UInt8 = bytes[first] == UInt8(ascii: "[") ? UInt8(ascii: "]") : UInt8(ascii: ":")
        for index in range where bytes[index] == stop {
            return range.lowerBound..<(stop == UInt8(ascii: ":") ? index : index + 1)
        }
        return range
    }

    /// Empty, or a colon and 1 to 5 digits up to 65535.
    private static func isValidPort(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        if range.isEmpty { return true }
        guard bytes[range.lowerBound] == UInt8(ascii: ":"), range.count <= 6,
            let port = Framing.length(bytes, range.lowerBound + 1..<range.upperBound)
        else { return false }
        return port <= 65_535
    }

    private static func isValidLiteral(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        guard range.count >= 4, bytes[range.upperBound - 1] == UInt8(ascii: "]") else { return false }
        var colons = 0
        for index in range.lowerBound + 1..<range.upperBound - 1 {
            let byte = bytes[index]
            if byte == UInt8(ascii: ":") {
                colons += 1
            } else if ASCII.hexValue(byte) == 255 && byte != UInt8(ascii: ".") {
                return false
            }
        }
        return colons >= 2 && colons <= 7
    }
}
