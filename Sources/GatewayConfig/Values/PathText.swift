/// Reads paths of URLs and patterns of them into the one spelling that requests are matched in: unreserved
/// characters as they are, everything else outside of ASCII or in need of it percent-encoded, in upper case.
enum PathText {
    /// Why a text is no path.
    enum Problem: Error, Equatable {
        case noSlash
        case starNotLast
        case badSegment
        case badCharacter
        case badEscape
        case badVariable
        case tooLong
    }

    private static let maximumCount = 4_096

    /// A canonical path.
    static func path(_ text: [UInt8]) throws(Problem) -> String {
        guard text.first == UInt8(ascii: "/") else { throw .noSlash }
        guard text.count <= maximumCount else { throw .tooLong }
        let segments = try split(text)
        return "/" + segments.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "/")
    }

    static func pattern(_ text: [UInt8]) throws(Problem) -> PathPattern {
        guard text.first == UInt8(ascii: "/") else { throw .noSlash }
        guard text.count <= maximumCount else { throw .tooLong }
        let star = text.firstIndex(of: UInt8(ascii: "*"))
        let isBelow = star != nil && text.suffix(2).elementsEqual("/*".utf8)
        if let star, !isBelow || star != text.count - 1 { throw .starNotLast }
        let head = isBelow ? Array(text.dropLast(2)) : text
        var segments: [PathPattern.Segment] = []
        for segment in head.isEmpty ? [] : try split(head) { segments.append(try self.segment(segment)) }
        // `/dir/*` has no empty segment before its star.
        if isBelow, segments.last == .literal([]) { throw .badSegment }
        return PathPattern(
            text: String(decoding: text, as: UTF8.self), segments: segments, matchesBelow: isBelow)
    }

    private static func segment(_ text: [UInt8]) throws(Problem) -> PathPattern.Segment {
        guard text.contains(UInt8(ascii: "{")) || text.contains(UInt8(ascii: "}")) else {
            return .literal(text)
        }
        let name = text.dropFirst().dropLast()
        guard text.first == UInt8(ascii: "{"), text.last == UInt8(ascii: "}"), !name.isEmpty,
            name.allSatisfy(ASCII.isVariable)
        else { throw .badVariable }
        return .any
    }

    /// Canonical segments of a text that starts with a slash; the last may be empty.
    private static func split(_ text: [UInt8]) throws(Problem) -> [[UInt8]] {
        var segments: [[UInt8]] = []
        let parts = text.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            let segment = try canonical(part)
            let isDots = segment.elementsEqual(".".utf8) || segment.elementsEqual("..".utf8)
            if isDots || segment.isEmpty && index < parts.count - 1 { throw .badSegment }
            segments.append(segment)
        }
        return segments
    }

    private static func canonical(_ text: ArraySlice<UInt8>) throws(Problem) -> [UInt8] {
        var out: [UInt8] = []
        var index = text.startIndex
        while index < text.endIndex {
            let byte = text[index]
            index += 1
            switch byte {
            case UInt8(ascii: "%"):
                guard index + 1 < text.endIndex, let high = ASCII.hexValue(text[index]),
                    let low = ASCII.hexValue(text[index + 1])
                else { throw .badEscape }
                try append(high << 4 | low, to: &out)
                index += 2
            case 0..<0x20, 0x7f, UInt8(ascii: "\\"), UInt8(ascii: "?"), UInt8(ascii: "#"): throw .badCharacter
            case 0x20, 0x80...: escape(byte, to: &out)
            default: out.append(byte)
            }
        }
        return out
    }

    /// A decoded byte.
    private static func append(_ byte: UInt8, to out: inout [UInt8]) throws(Problem) {
        if byte < 0x20 || byte == 0x7f || byte == UInt8(ascii: "\\") { throw .badEscape }
        if ASCII.isLetterOrDigit(byte) || "-._~".utf8.contains(byte) {
            out.append(byte)
        } else {
            escape(byte, to: &out)
        }
    }

    private static func escape(_ byte: UInt8, to out: inout [UInt8]) {
        let digits = Array("0123456789ABCDEF".utf8)
        out += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
}
