internal import HTTPCore

/// Byte classes and searches for the parser's inner loops. The table is an `InlineArray`: constant data read
/// in one load, where an array would be reference-counted at each look.
enum ByteClass {
    /// Bit of token characters (RFC 9110 section 5.6.2).
    static let token: UInt8 = 1

    /// Bit of token characters other than letters, digits and hyphens.
    static let unusualInName: UInt8 = 2

    /// Bit of path bytes that mean the same whatever stands beside them.
    static let plainInPath: UInt8 = 4

    private static let table: InlineArray<256, UInt8> = [
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 7, 0, 3, 7, 3, 7, 7, 4, 4, 7, 7, 4, 5, 3, 0,
        5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 4, 0, 0, 4, 0, 0,
        4, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5,
        5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 4, 0, 4, 3, 7,
        3, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5,
        5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 0, 7, 0, 7, 0,
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
        table[Int(byte)] & token != 0
    }

    /// The first byte at or after `start` that is not plain in a path; `end` where there is none before it.
    @inline(__always)
    static func endOfPlainPath(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Int {
        var index = start
        while index < end, of(bytes[index]) & plainInPath != 0 { index &+= 1 }
        return index
    }

    /// The first control byte other than TAB at or after `start`; `end` where there is none before it.
    @inline(__always)
    static func endOfText(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Int {
        var index = start
        while true {
            index = firstControl(bytes, index, end)
            guard index < end, bytes[index] == 0x09 else { return index }
            index &+= 1
        }
    }

    /// The first byte below 0x20 or equal to 0x7f.
    @inline(__always)
    private static func firstControl(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Int {
        var index = start
        let lastWord = min(end, bytes.count) &- 8
        while index >= 0, index <= lastWord {
            let word = ASCII.load(bytes, at: index)
            let controls = marksBelow(0x20, word) | marksEqual(0x7f, word)
            if controls != 0 { return index &+ (controls.trailingZeroBitCount &>> 3) }
            index &+= 8
        }
        while index < end, bytes[index] >= 0x20, bytes[index] != 0x7f { index &+= 1 }
        return index
    }

    /// The first byte at or after `start` that no request target has: a control, a space, `#` (RFC 9112
    /// section 3.2) or one outside ASCII; `end` where there is none before it.
    @inline(__always)
    static func endOfTarget(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Int {
        var index = start
        let lastWord = min(end, bytes.count) &- 8
        while index >= 0, index <= lastWord {
            let word = ASCII.load(bytes, at: index)
            let stops =
                marksBelow(0x21, word) | marksEqual(0x7f, word) | marksEqual(0x23, word)
                | (word & 0x8080_8080_8080_8080)
            if stops != 0 { return index &+ (stops.trailingZeroBitCount &>> 3) }
            index &+= 8
        }
        while index < end, bytes[index] > 0x20, bytes[index] < 0x7f, bytes[index] != 0x23 { index &+= 1 }
        return index
    }

    /// The first `byte` at or after `start`; `end` where there is none before it.
    @inline(__always)
    static func first(_ byte: UInt8, _ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Int {
        var index = start
        let lastWord = min(end, bytes.count) &- 8
        while index >= 0, index <= lastWord {
            let found = marksEqual(byte, ASCII.load(bytes, at: index))
            if found != 0 { return index &+ (found.trailingZeroBitCount &>> 3) }
            index &+= 8
        }
        while index < end, bytes[index] != byte { index &+= 1 }
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
