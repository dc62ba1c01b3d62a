extension ASCII {
    /// Eight bytes at `index`, the first one lowest; they must all be there.
    ///
    /// The loop over an unsigned offset is what the compiler turns into one load with one bounds check.
    @inlinable @inline(__always)
    public static func load(_ bytes: Span<UInt8>, at index: Int) -> UInt64 {
        let base = UInt(bitPattern: index)
        var word: UInt64 = 0
        var offset: UInt = 0
        while offset < 8 {
            word |= UInt64(bytes[Int(bitPattern: base &+ offset)]) &<< UInt64(offset &* 8)
            offset &+= 1
        }
        return word
    }

    /// Eight bytes at `index`, the first one lowest; nil where fewer are left.
    @inlinable @inline(__always)
    public static func word(_ bytes: Span<UInt8>, at index: Int) -> UInt64? {
        index >= 0 && index < bytes.count &- 7 ? load(bytes, at: index) : nil
    }

    /// `A` to `Z` in each of eight bytes in lower case.
    @inlinable @inline(__always)
    public static func lower(_ word: UInt64) -> UInt64 {
        let heptets = word & 0x7f7f_7f7f_7f7f_7f7f
        let aboveZ = heptets &+ 0x2525_2525_2525_2525
        let fromA = heptets &+ 0x3f3f_3f3f_3f3f_3f3f
        let upper = (fromA ^ aboveZ) & ~word & 0x8080_8080_8080_8080
        return word | (upper &>> 2)
    }

    /// Up to eight bytes at `start`, lower-cased, as one number with the first byte highest: `host` is
    /// 0x686f7374. Numbers for equal counts are equal exactly where the bytes are.
    @inlinable @inline(__always)
    public static func key(_ bytes: Span<UInt8>, at start: Int, count: Int) -> UInt64 {
        if let word = word(bytes, at: start), count > 0 {
            return lower(word).byteSwapped &>> UInt64(64 &- 8 &* count)
        }
        var key: UInt64 = 0
        for index in start..<(start + count) { key = key &<< 8 | UInt64(lower(bytes[index])) }
        return key
    }

    /// Whether the bytes of `range` are exactly `other`.
    public static func equals(_ bytes: Span<UInt8>, _ range: Range<Int>, _ other: Span<UInt8>) -> Bool {
        guard range.count == other.count else { return false }
        for index in 0..<other.count where bytes[range.lowerBound + index] != other[index] { return false }
        return true
    }

    /// Whether the bytes of `range` are `other` but for the case of ASCII letters.
    public static func equalsIgnoringCase(
        _ bytes: Span<UInt8>, _ range: Range<Int>, _ other: Span<UInt8>
    ) -> Bool {
        guard range.count == other.count else { return false }
        for index in 0..<other.count
        where lower(bytes[range.lowerBound + index]) != lower(other[index]) {
            return false
        }
        return true
    }

    /// Whether the bytes of `range` are `other` but for the case of ASCII letters.
    public static func equalsIgnoringCase(
        _ bytes: Span<UInt8>, _ range: Range<Int>, _ other: String
    ) -> Bool {
        equalsIgnoringCase(bytes, range, other.utf8.span)
    }

    /// `range` without spaces and tabs at its ends.
    @inlinable @inline(__always)
    public static func trimmed(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
        var start = range.lowerBound
        var end = range.upperBound
        while start < end, isBlank(bytes[start]) { start &+= 1 }
        while end > start, isBlank(bytes[end &- 1]) { end &-= 1 }
        return start..<end
    }

    /// A number of 1 to 19 digits and nothing else, at most `Int.max`; nil otherwise. No sign, no blank, and
    /// no zero in front, because what one reader normalises another may read as octal.
    public static func decimal(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int? {
        guard range.count >= 1, range.count <= 19 else { return nil }
        guard range.count == 1 || bytes[range.lowerBound] != 0x30 else { return nil }
        var value: UInt64 = 0
        for index in range {
            guard isDigit(bytes[index]) else { return nil }
            // 19 nines fit in 64 bits.
            value = value &* 10 &+ UInt64(bytes[index] &- 0x30)
        }
        return Int(exactly: value)
    }
}
