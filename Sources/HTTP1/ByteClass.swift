internal import HTTPCore

/// Byte classes for the parser's inner loops. The table is an `InlineArray`: constant data read in one load,
/// where an array would be reference-counted at each look.
enum ByteClass {
    /// Bit of token characters other than letters, digits and hyphens.
    static let unusualInName: UInt8 = 2

    /// 0: no token character; 1: letter, digit or hyphen; 3: any other token character.
    private static let table: InlineArray<256, UInt8> = [
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 3, 0, 3, 3, 3, 3, 3, 0, 0, 3, 3, 0, 1, 3, 0,
        1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0,
        0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
        1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 3, 3,
        3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
        1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 3, 0, 3, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ]

    @inline(__always)
    static func of(_ byte: UInt8) -> UInt8 {
        table[Int(byte)]
    }

    @inline(__always)
    static func isToken(_ byte: UInt8) -> Bool {
        table[Int(byte)] != 0
    }

    /// The first control byte other than TAB at or after `start`; `end` where there is none before it.
    @inline(__always)
    static func endOfText(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Int {
        var index = start
        while index < end {
            if index &+ 8 <= end, let word = ASCII.word(bytes, at: index) {
                let controls = marksBelow(0x20, word) | marksEqual(0x7f, word)
                if controls == 0 {
                    index &+= 8
                    continue
                }
                index &+= controls.trailingZeroBitCount &>> 3
            } else if bytes[index] >= 0x20, bytes[index] != 0x7f {
                index &+= 1
                continue
            }
            guard bytes[index] == 0x09 else { return index }
            index &+= 1
        }
        return end
    }

    /// The first byte at or after `start` that no request target has: a control, a space, `#` (RFC 9112
    /// section 3.2) or one outside ASCII; `end` where there is none before it.
    @inline(__always)
    static func endOfTarget(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Int {
        var index = start
        while index &+ 8 <= end, let word = ASCII.word(bytes, at: index) {
            let stops =
                marksBelow(0x21, word) | marksEqual(0x7f, word) | marksEqual(0x23, word)
                | (word & 0x8080_8080_8080_8080)
            if stops != 0 { return index &+ (stops.trailingZeroBitCount &>> 3) }
            index &+= 8
        }
        while index < end, bytes[index] > 0x20, bytes[index] < 0x7f, bytes[index] != 0x23 { index &+= 1 }
        return index
    }

    /// Marks the lowest byte below `limit` (at most 0x80) with its top bit; marks above it mean nothing.
    @inline(__always)
    private static func marksBelow(_ limit: UInt8, _ word: UInt64) -> UInt64 {
        (word &- 0x0101_0101_0101_0101 &* UInt64(limit)) & ~word & 0x8080_8080_8080_8080
    }

    /// Marks the lowest byte equal to `byte` with its top bit; marks above it mean nothing.
    @inline(__always)
    private static func marksEqual(_ byte: UInt8, _ word: UInt64) -> UInt64 {
        marksBelow(1, word ^ (0x0101_0101_0101_0101 &* UInt64(byte)))
    }
}
