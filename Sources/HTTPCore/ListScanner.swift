/// Elements of a comma-separated value (RFC 9110 section 5.6.1): blanks around them trimmed, empty ones
/// skipped. Quotes are ordinary bytes; none of the lists read with it has quoted strings.
public struct ListScanner: Sendable {
    private var position: Int
    private let end: Int

    /// Over the bytes of `range`.
    @inlinable public init(_ range: Range<Int>) {
        self.init(from: range.lowerBound, to: range.upperBound)
    }

    @usableFromInline init(from start: Int, to end: Int) {
        position = start
        self.end = end
    }

    /// The next element; nil after the last.
    public mutating func next(_ bytes: Span<UInt8>) -> Range<Int>? {
        while position < end {
            let start = position
            while position < end, bytes[position] != 0x2c { position += 1 }
            let element = ASCII.trimmed(bytes, start..<position)
            if position < end { position += 1 }
            if !element.isEmpty { return element }
        }
        return nil
    }

    /// Whether `token`, in any case, is one of the elements in `range`.
    public static func contains(_ bytes: Span<UInt8>, _ range: Range<Int>, _ token: String) -> Bool {
        var list = ListScanner(range)
        while let element = list.next(bytes) {
            if ASCII.equalsIgnoringCase(bytes, element, token) { return true }
        }
        return false
    }
}
