/// Cuts a field value at a separator outside of quoted strings (RFC 9110 section 5.6.1 and 5.6.4).
struct ListScanner {
    private var position: Int
    private let end: Int
    private var isDone = false

    init(_ range: Range<Int>) {
        position = range.lowerBound
        end = range.upperBound
    }

    /// The next element, untrimmed and possibly empty; nil at the end. An unclosed quote reaches to the end.
    mutating func next(_ separator: UInt8, in text: Span<UInt8>) -> Range<Int>? {
        guard !isDone else { return nil }
        let start = position
        var isQuoted = false
        while position < end {
            let byte = text[position]
            if byte == UInt8(ascii: "\"") {
                isQuoted.toggle()
            } else if byte == UInt8(ascii: "\\"), isQuoted {
                position += 1
            } else if byte == separator, !isQuoted {
                position += 1
                return start..<(position - 1)
            }
            position += 1
        }
        isDone = true
        return start..<end
    }
}
