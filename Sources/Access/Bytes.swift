/// Comparisons of peer bytes; ASCII only, and never through `String` equality, which is Unicode equivalence.
enum Bytes {
    static func equal(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
        guard left.count == right.count else { return false }
        for index in 0..<left.count where left[index] != right[index] { return false }
        return true
    }

    static func equal(_ left: Span<UInt8>, _ right: String) -> Bool {
        equal(left, right.utf8.span)
    }

    /// `right` must be lower-case.
    static func equalIgnoringCase(_ left: Span<UInt8>, _ right: String) -> Bool {
        equalIgnoringCase(left, 0..<left.count, right.utf8.span)
    }

    /// Compares `range` of `left`; `right` must be lower-case.
    static func equalIgnoringCase(_ left: Span<UInt8>, _ range: Range<Int>, _ right: Span<UInt8>) -> Bool {
        guard range.count == right.count else { return false }
        for index in 0..<right.count where lower(left[range.lowerBound + index]) != right[index] {
            return false
        }
        return true
    }

    static func lower(_ byte: UInt8) -> UInt8 {
        byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte
    }

    /// `range` without spaces and tabs at its ends (RFC 9110 OWS).
    static func trimmed(_ text: Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
        var start = range.lowerBound
        var end = range.upperBound
        while start < end, isBlank(text[start]) { start += 1 }
        while end > start, isBlank(text[end - 1]) { end -= 1 }
        return start..<end
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09
    }
}
