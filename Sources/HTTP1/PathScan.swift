internal import HTTPCore

/// Follows a path byte by byte and finds what makes it ambiguous.
struct PathScan {
    /// What the current segment consists of so far.
    private enum Segment {
        case empty
        case dots(Int)
        case other
    }

    private let encoded: Bool
    private var segment = Segment.other
    private var utf8 = UTF8Check()
    /// The last byte was a literal `/`.
    private var isBehindSlash = false
    /// Whether the canonical spelling differs from the one read.
    var isRewritten = false

    init(encoded: Bool) {
        self.encoded = encoded
    }

    /// Takes bytes that mean nothing to the path's form, at least one.
    @inline(__always)
    mutating func takePlain() -> CanonicalPath.Fault? {
        isBehindSlash = false
        segment = .other
        return utf8.isPending ? .utf8 : nil
    }

    /// Takes any other byte that is not encoded.
    @inline(__always)
    mutating func take(_ byte: UInt8) -> CanonicalPath.Fault? {
        if utf8.isPending { return .utf8 }
        let wasBehindSlash = isBehindSlash
        isBehindSlash = byte == 0x2f
        switch byte {
        case 0x2f: return wasBehindSlash ? .emptySegment : close()
        case 0x2e:
            addDot()
            return nil
        case 0x3b: return encoded ? close(then: .other) : .semicolon
        default: return .byte
        }
    }

    /// Takes a byte that was percent-encoded; `isDoubled`: two hexadecimal digits follow.
    mutating func take(encoded value: UInt8, isDoubled: Bool) -> CanonicalPath.Fault? {
        isBehindSlash = false
        guard utf8.take(value) else { return .utf8 }
        switch value {
        case 0x2e:
            addDot()
            return nil
        case 0x2f: return encoded ? close() : .encodedSlash
        case 0x3b: return encoded ? close(then: .other) : .semicolon
        case 0x5c: return .encodedSlash
        case 0x25 where isDoubled: return .doubleEncoding
        case 0...0x1f, 0x7f: return .control
        default:
            segment = .other
            return nil
        }
    }

    /// The path is over.
    mutating func finish() -> CanonicalPath.Fault? {
        utf8.isPending ? .utf8 : close()
    }

    @inline(__always)
    private mutating func addDot() {
        switch segment {
        case .empty: segment = .dots(1)
        case .dots(let count): segment = .dots(count &+ 1)
        case .other: break
        }
    }

    /// Ends a segment; `/`, `%2F` and `;` all do, since each does for some reader.
    @inline(__always)
    private mutating func close(then next: Segment = .empty) -> CanonicalPath.Fault? {
        if case .dots(let count) = segment, count <= 2 { return .dotSegment }
        segment = next
        return nil
    }
}
