/// Base64url without padding (RFC 4648, 5), on bytes, with exactly one text for each value.
///
/// No table and no branch on the value: what is encoded may be secret, and tables leak through the cache.
public enum Base64URL {
    /// Characters that `count` bytes take.
    public static func encodedCount(_ count: Int) -> Int {
        let (groups, rest) = count.quotientAndRemainder(dividingBy: 3)
        return groups * 4 + (rest == 0 ? 0 : rest + 1)
    }

    /// Bytes that `count` characters stand for; nil where no value has that many characters.
    public static func decodedCount(_ count: Int) -> Int? {
        let (groups, rest) = count.quotientAndRemainder(dividingBy: 4)
        return rest == 1 ? nil : groups * 3 + (rest == 0 ? 0 : rest - 1)
    }

    /// Writes the text of `source` to the start of `target`, which must hold `encodedCount` bytes.
    ///
    /// - Returns: the number of characters written; 0 if `target` is too small.
    @discardableResult
    public static func encode(
        _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) -> Int {
        let total = encodedCount(source.count)
        guard target.count >= total else { return 0 }
        var read = 0
        var write = 0
        while read < source.count {
            let left = source.count - read
            let first = UInt32(source[read]) << 16
            let second = left > 1 ? UInt32(source[read + 1]) << 8 : 0
            let third = left > 2 ? UInt32(source[read + 2]) : 0
            let group = first | second | third
            for index in 0..<min(4, left + 1) {
                target[write + index] = character(
                    Int32(truncatingIfNeeded: group >> UInt32(18 - 6 * index)) & 63)
            }
            read += 3
            write += min(4, left + 1)
        }
        return total
    }

    /// The text of `bytes`.
    public static func encode(_ bytes: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: encodedCount(bytes.count)) { target, count in
            let raw = UnsafeMutableRawBufferPointer(target)
            count = bytes.withUnsafeBytes { encode($0, into: raw) }
        }
    }

    /// Reads the text `source` to the start of `target`, which must hold `decodedCount` bytes.
    ///
    /// - Returns: false for a foreign byte (padding too), an impossible length, bits set beyond the value's end,
    ///   or a target too small. Some of the target may have been written then.
    public static func decode(
        _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) -> Bool {
        guard let total = decodedCount(source.count), target.count >= total else { return false }
        var bad: Int32 = 0
        var group: UInt32 = 0
        var write = 0
        for index in 0..<source.count {
            let value = self.value(source[index])
            bad |= value
            group = group << 6 | UInt32(truncatingIfNeeded: value & 63)
            guard index & 3 == 3 else { continue }
            target[write] = UInt8(truncatingIfNeeded: group >> 16)
            target[write + 1] = UInt8(truncatingIfNeeded: group >> 8)
            target[write + 2] = UInt8(truncatingIfNeeded: group)
            write += 3
            group = 0
        }
        switch source.count & 3 {
        case 2:
            target[write] = UInt8(truncatingIfNeeded: group >> 4)
            return bad >= 0 && group & 0xf == 0
        case 3:
            target[write] = UInt8(truncatingIfNeeded: group >> 10)
            target[write + 1] = UInt8(truncatingIfNeeded: group >> 2)
            return bad >= 0 && group & 0x3 == 0
        default:
            return bad >= 0
        }
    }

    /// The value of `text`; nil unless it is the one canonical text of some value.
    public static func decode(_ text: [UInt8]) -> [UInt8]? {
        guard let total = decodedCount(text.count) else { return nil }
        var bytes = [UInt8](repeating: 0, count: total)
        let isValid = bytes.withUnsafeMutableBytes { target in
            text.withUnsafeBytes { decode($0, into: target) }
        }
        return isValid ? bytes : nil
    }

    /// The value (0...63) of a character, or -1. A difference of the wrong sign masks its range out.
    static func value(_ character: UInt8, _ char62: Int32 = 0x2d, _ char63: Int32 = 0x5f) -> Int32 {
        let c = Int32(character)
        var value: Int32 = -1
        value += ((0x40 - c) & (c - 0x5b)) >> 8 & (c - 64)
        value += ((0x60 - c) & (c - 0x7b)) >> 8 & (c - 70)
        value += ((0x2f - c) & (c - 0x3a)) >> 8 & (c + 5)
        value += ((char62 - 1 - c) & (c - char62 - 1)) >> 8 & 63
        value += ((char63 - 1 - c) & (c - char63 - 1)) >> 8 & 64
        return value
    }

    private static func character(_ value: Int32) -> UInt8 {
        var c = value + 0x41
        c += (25 - value) >> 8 & 6
        c -= (51 - value) >> 8 & 75
        c -= (61 - value) >> 8 & 13
        c += (62 - value) >> 8 & 49
        return UInt8(truncatingIfNeeded: c)
    }
}
