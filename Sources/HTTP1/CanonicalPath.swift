import HTTPCore

/// One spelling for every path: what is matched is what is forwarded (RFC 3986, 6.2.2; security: two readings).
public enum CanonicalPath {
    /// What became of a path.
    public enum Outcome: Sendable, Equatable {
        /// It is canonical as it came.
        case verbatim
        /// `out` has the canonical spelling: unreserved characters decoded, hexadecimal digits in upper case.
        case rewritten
        /// It could be read in two ways, or is none.
        case refused
    }

    /// Looks at the path in `range`. `encoded` lets `%2F` and `;` through, as they are.
    public static func make(
        _ bytes: Span<UInt8>, _ range: Range<Int>, encoded: Bool, into out: inout [UInt8]
    ) -> Outcome {
        guard !range.isEmpty, bytes[range.lowerBound] == UInt8(ascii: "/") else { return .refused }
        var needsRewrite = false
        for index in range {
            let byte = bytes[index]
            if ASCII.isNameByte(byte) || byte == UInt8(ascii: "/") { continue }
            switch byte {
            case UInt8(ascii: "%"): needsRewrite = true
            case UInt8(ascii: ";"): if !encoded { return .refused }
            case 0...0x20, 0x7f...0xff, UInt8(ascii: "#"), UInt8(ascii: "\\"), UInt8(ascii: "?"):
                return .refused
            default: break
            }
        }
        if !needsRewrite { return hasBadSegment(bytes, range) ? .refused : .verbatim }
        return rewrite(bytes, range, encoded, &out)
    }

    private static func rewrite(
        _ bytes: Span<UInt8>, _ range: Range<Int>, _ encoded: Bool, _ out: inout [UInt8]
    ) -> Outcome {
        out.removeAll(keepingCapacity: true)
        var isChanged = false
        var index = range.lowerBound
        while index < range.upperBound {
            let byte = bytes[index]
            guard byte == UInt8(ascii: "%") else {
                out.append(byte)
                index += 1
                continue
            }
            guard index + 2 < range.upperBound, let value = escaped(bytes, index) else { return .refused }
            if ASCII.isNameByte(value) || value == 0x2e || value == 0x5f || value == 0x7e {
                out.append(value)
                isChanged = true
            } else {
                guard isAllowed(value, bytes, index, range.upperBound, encoded) else { return .refused }
                isChanged = appendEscape(bytes, index, &out) || isChanged
            }
            index += 3
        }
        if hasBadSegment(out.span, 0..<out.count) { return .refused }
        return isChanged ? .rewritten : .verbatim
    }

    private static func escaped(_ bytes: Span<UInt8>, _ index: Int) -> UInt8? {
        let high = ASCII.hexValue(bytes[index + 1])
        let low = ASCII.hexValue(bytes[index + 2])
        guard high < 16, low < 16 else { return nil }
        return high << 4 | low
    }

    /// Encoded controls, separators, and percent signs that could be decoded twice are refused.
    private static func isAllowed(
        _ value: UInt8, _ bytes: Span<UInt8>, _ index: Int, _ end: Int, _ encoded: Bool
    ) -> Bool {
        switch value {
        case 0..<0x20, 0x7f, UInt8(ascii: "\\"): return false
        case UInt8(ascii: "/"), UInt8(ascii: ";"): return encoded
        case UInt8(ascii: "%"):
            return
                !(index + 4 < end && ASCII.hexValue(bytes[index + 3]) < 16
                && ASCII.hexValue(bytes[index + 4]) < 16)
        default: return true
        }
    }

    private static func appendEscape(_ bytes: Span<UInt8>, _ index: Int, _ out: inout [UInt8]) -> Bool {
        var isChanged = false
        out.append(UInt8(ascii: "%"))
        for offset in 1...2 {
            let digit = bytes[index + offset]
            let upper = digit &- 0x61 < 6 ? digit & 0xdf : digit
            if upper != digit { isChanged = true }
            out.append(upper)
        }
        return isChanged
    }

    /// An empty segment other than the last, or one of dots (`;x` behind the dots does not help).
    private static func hasBadSegment(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        var start = range.lowerBound + 1
        var index = start
        while index <= range.upperBound {
            if index < range.upperBound && bytes[index] != UInt8(ascii: "/") {
                index += 1
                continue
            }
            let isLast = index == range.upperBound
            if index == start && !isLast { return true }
            if index > start && bytes[start] == 0x2e && isDots(bytes, start..<index) { return true }
            start = index + 1
            index = start
        }
        return false
    }

    private static func isDots(_ bytes: Span<UInt8>, _ segment: Range<Int>) -> Bool {
        var end = segment.lowerBound
        while end < segment.upperBound && bytes[end] != UInt8(ascii: ";") { end += 1 }
        let count = end - segment.lowerBound
        if count == 1 { return true }
        return count == 2 && bytes[segment.lowerBound + 1] == 0x2e
    }
}
