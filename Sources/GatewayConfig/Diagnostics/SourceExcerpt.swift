/// A line of a file as a diagnostic shows it.
struct SourceExcerpt {
    /// Without control characters, secrets as `•••`, at most `width` characters.
    let text: String
    /// Characters of `text` before the spot.
    let offset: Int

    private static let width = 160
    private static let leftOfSpot = 100

    init(_ line: ArraySlice<UInt8>, at spot: Int, hiding ranges: [Range<Int>]) {
        var shown: [Unicode.Scalar] = []
        var spotIndex: Int?
        var position = 0
        while position < line.count {
            if position >= spot, spotIndex == nil { spotIndex = shown.count }
            if let hidden = ranges.first(where: { $0.contains(position) }) {
                shown += Array(secretPlaceholder.unicodeScalars)
                position = min(hidden.upperBound, line.count)
                // The spot may lie inside what is hidden.
                if position > spot, spotIndex == nil { spotIndex = shown.count - 3 }
                continue
            }
            let (scalar, count) = Self.scalar(in: line, at: position)
            shown.append(scalar)
            position += count
        }
        let index = spotIndex ?? shown.count
        guard shown.count > Self.width else {
            (text, offset) = (Self.string(shown[...]), index)
            return
        }
        let start = max(0, index - Self.leftOfSpot)
        let end = min(shown.count, start + Self.width)
        let head = start > 0 ? "…" : ""
        text = head + Self.string(shown[start..<end]) + (end < shown.count ? "…" : "")
        offset = index - start + (start > 0 ? 1 : 0)
    }

    /// The character at a byte, made harmless: a terminal must not act on what a file holds.
    private static func scalar(in line: ArraySlice<UInt8>, at position: Int) -> (Unicode.Scalar, Int) {
        let start = line.startIndex + position
        let first = line[start]
        if first == 0x09 { return (" ", 1) }
        if first < 0x20 || first == 0x7f { return ("\u{fffd}", 1) }
        if first < 0x80 { return (Unicode.Scalar(first), 1) }
        var decoder = UTF8()
        var bytes = line[start...].prefix(4).makeIterator()
        guard case .scalarValue(let scalar) = decoder.decode(&bytes), !Printable.isHidden(scalar) else {
            return ("\u{fffd}", 1)
        }
        return (scalar, UTF8.width(scalar))
    }

    private static func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars)
        return String(text)
    }
}

/// Stands where a secret would.
let secretPlaceholder = "•••"
