/// Finds a cookie by its exact name. Pairs are split at `;`, only spaces and tabs are trimmed, quotes are ordinary
/// bytes, names are compared byte for byte (RFC 6265; security: parser differences).
public enum CookieScanner {
    /// How often the name occurs over all Cookie lines, and where its last value is.
    public struct Result: Sendable {
        /// Occurrences.
        public var count = 0
        /// Value of the last one, trimmed.
        public var value = 0..<0
        /// Nothing found.
        public init() {}
    }

    /// Looks through the Cookie lines of a head.
    public static func find(_ name: [UInt8], in fields: [FieldLine], _ bytes: Span<UInt8>) -> Result {
        var result = Result()
        for line in fields where line.id == .cookie { scan(name, line.value, bytes, &result) }
        return result
    }

    private static func scan(
        _ name: [UInt8], _ range: Range<Int>, _ bytes: Span<UInt8>, _ result: inout Result
    ) {
        var start = range.lowerBound
        while start < range.upperBound {
            var end = start
            while end < range.upperBound && bytes[end] != UInt8(ascii: ";") { end += 1 }
            if let value = value(of: name, start..<end, bytes) {
                result.count += 1
                result.value = value
            }
            start = end + 1
        }
    }

    private static func value(of name: [UInt8], _ pair: Range<Int>, _ bytes: Span<UInt8>) -> Range<Int>? {
        var start = pair.lowerBound
        while start < pair.upperBound && ASCII.isBlank(bytes[start]) { start += 1 }
        guard pair.upperBound - start > name.count else { return nil }
        for index in name.indices where bytes[start + index] != name[index] { return nil }
        var equals = start + name.count
        while equals < pair.upperBound && ASCII.isBlank(bytes[equals]) { equals += 1 }
        guard equals < pair.upperBound, bytes[equals] == UInt8(ascii: "=") else { return nil }
        return bytes.trimmed(equals + 1..<pair.upperBound)
    }
}
