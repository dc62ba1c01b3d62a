internal import HTTPCore

/// The one spelling of a path that rules are matched against and that is forwarded. A path that another
/// reader could take for a different one is refused rather than tidied.
public enum CanonicalPath {
    /// What became of a path.
    public enum Result: Sendable, Equatable {
        /// It is canonical as it stands.
        case verbatim
        /// It was spelled otherwise; the canonical bytes are in `out`.
        case rewritten
        /// It has no spelling that all readers agree on: 400.
        case refused(Fault)
    }

    /// Why a path is refused; the raw value is a word for the log.
    public enum Fault: String, Sendable, CaseIterable {
        /// It does not begin with `/`.
        case relative
        /// A byte that belongs in no path: control, space, `#`, `?`, `\`, outside ASCII, or one that browsers
        /// always encode.
        case byte
        /// `%` without two hexadecimal digits.
        case percent
        /// An encoded control byte.
        case control
        /// An encoded `\`, or an encoded `/` where the route does not allow it.
        case encodedSlash = "encoded_slash"
        /// `%25` and two hexadecimal digits, which a second decoder would decode.
        case doubleEncoding = "double_encoding"
        /// Encoded bytes that are no UTF-8, overlong forms among them.
        case utf8
        /// `.` or `..` as a segment, in any spelling.
        case dotSegment = "dot_segment"
        /// `//`.
        case emptySegment = "empty_segment"
        /// `;`, encoded or not, where the route does not allow it.
        case semicolon
    }

    /// Makes the path in `range` canonical: percent-encoded unreserved bytes decoded once, hexadecimal digits
    /// in upper case, nothing else changed. `encoded` lets `%2F` and `;` through as they are; a dot segment
    /// that they delimit is still one. An empty path becomes `/`. `out` has the result only after
    /// `rewritten`.
    public static func make(
        _ bytes: Span<UInt8>, _ range: Range<Int>, encoded: Bool, into out: inout [UInt8]
    ) -> Result {
        if range.isEmpty {
            out.removeAll(keepingCapacity: true)
            out.append(0x2f)
            return .rewritten
        }
        guard bytes[range.lowerBound] == 0x2f else { return .refused(.relative) }
        var scan = PathScan(encoded: encoded)
        let end = range.upperBound
        var index = range.lowerBound
        if let fault = literal(bytes, &index, end, &scan) { return .refused(fault) }
        if index < end {
            out.removeAll(keepingCapacity: true)
            for position in range.lowerBound..<index { out.append(bytes[position]) }
            if let fault = decode(bytes, index..<end, &scan, into: &out) { return .refused(fault) }
        }
        if let fault = scan.finish() { return .refused(fault) }
        return scan.isRewritten ? .rewritten : .verbatim
    }

    private static func isHexPair(_ bytes: Span<UInt8>, _ index: Int, _ end: Int) -> Bool {
        index + 1 < end && ASCII.hexValue(bytes[index]) < 16 && ASCII.hexValue(bytes[index + 1]) < 16
    }

    /// Takes bytes that are not encoded, up to a `%` or the end.
    @inline(__always)
    private static func literal(
        _ bytes: Span<UInt8>, _ index: inout Int, _ end: Int, _ scan: inout PathScan
    ) -> Fault? {
        while index < end {
            let next = ByteClass.endOfPlainPath(bytes, index, end)
            if next > index, let fault = scan.takePlain() { return fault }
            index = next
            guard index < end, bytes[index] != 0x25 else { return nil }
            if let fault = scan.take(bytes[index]) { return fault }
            index &+= 1
        }
        return nil
    }

    private static func decode(
        _ bytes: Span<UInt8>, _ range: Range<Int>, _ scan: inout PathScan, into out: inout [UInt8]
    ) -> Fault? {
        var index = range.lowerBound
        while index < range.upperBound {
            let start = index
            if let fault = literal(bytes, &index, range.upperBound, &scan) { return fault }
            for position in start..<index { out.append(bytes[position]) }
            guard index < range.upperBound else { return nil }
            guard let value = PercentTriplet.value(bytes, index, range.upperBound) else { return .percent }
            let isDoubled = isHexPair(bytes, index &+ 3, range.upperBound)
            if let fault = scan.take(encoded: value, isDoubled: isDoubled) { return fault }
            append(value, at: index, bytes, &scan, to: &out)
            index &+= 3
        }
        return nil
    }

    private static func append(
        _ value: UInt8, at index: Int, _ bytes: Span<UInt8>, _ scan: inout PathScan, to out: inout [UInt8]
    ) {
        if ASCII.isUnreserved(value) {
            scan.isRewritten = true
            out.append(value)
        } else if !PercentTriplet.append(value, to: &out, spelled: bytes, index) {
            scan.isRewritten = true
        }
    }
}
