/// Eight base64url characters, or the six bytes they stand for, in one word; the first is the highest byte.
///
/// Bytes are handled side by side: no sum or difference below leaves its byte, so none disturbs its neighbour.
enum Base64Word {
    /// 1 in each byte.
    private static let ones: UInt64 = 0x0101_0101_0101_0101

    /// The `count` bytes (at most 8) of `source` at `offset`, and `fill` in the bytes behind them.
    static func load(_ source: UnsafeRawBufferPointer, at offset: Int, count: Int, fill: UInt8) -> UInt64 {
        if source.count - offset >= 8 {
            let word = UInt64(bigEndian: source.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            return count == 8 ? word : word & ~(UInt64.max >> UInt64(8 * count)) | filler(fill, behind: count)
        }
        var word = filler(fill, behind: count)
        for index in 0..<count { word |= UInt64(source[offset + index]) << UInt64(56 - 8 * index) }
        return word
    }

    /// Writes the first `count` bytes (at most 8) of `word` to `target` at `offset`.
    static func store(_ word: UInt64, to target: UnsafeMutableRawBufferPointer, at offset: Int, count: Int) {
        if count == 8 {
            target.storeBytes(of: word.bigEndian, toByteOffset: offset, as: UInt64.self)
            return
        }
        for index in 0..<count {
            target[offset + index] = UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * index))
        }
    }

    private static func filler(_ fill: UInt8, behind count: Int) -> UInt64 {
        count == 8 ? 0 : ones &* UInt64(fill) & (UInt64.max >> UInt64(8 * count))
    }

    /// The six bytes that eight characters stand for, above two bytes of zero. Where a character is none of the
    /// alphabet's, bits of `foreign` are set and the bytes are worthless.
    static func bytes(_ text: UInt64, _ foreign: inout UInt64) -> UInt64 {
        let ascii = text & (ones &* 0x7f)
        let upper = isAtLeast(0x41, ascii) & ~isAtLeast(0x5b, ascii)
        let lower = isAtLeast(0x61, ascii) & ~isAtLeast(0x7b, ascii)
        let digit = isAtLeast(0x30, ascii) & ~isAtLeast(0x3a, ascii)
        let minus = isAtLeast(0x2d, ascii) & ~isAtLeast(0x2e, ascii)
        let line = isAtLeast(0x5f, ascii) & ~isAtLeast(0x60, ascii)
        foreign |= ones & ~(upper | lower | digit | minus | line) | text & (ones &* 0x80)
        let values =
            ascii &- upper &* 0x41 &- lower &* 0x47 &+ digit &* 0x04 &+ minus &* 0x11 &- line &* 0x20
        // Neighbours move together: 6 bits to 12, to 24, to 48.
        let pairs = (values >> 8 & 0x003f_003f_003f_003f) << 6 | values & 0x003f_003f_003f_003f
        let fours = (pairs >> 16 & 0x0000_0fff_0000_0fff) << 12 | pairs & 0x0000_0fff_0000_0fff
        return (fours >> 32) << 40 | (fours & 0xff_ffff) << 16
    }

    /// The eight characters for the first six bytes of `bytes`.
    static func text(_ bytes: UInt64) -> UInt64 {
        let fours = (bytes >> 40) << 32 | bytes >> 16 & 0xff_ffff
        let pairs = (fours & 0x00ff_f000_00ff_f000) << 4 | fours & 0x0000_0fff_0000_0fff
        let values = (pairs & 0x0fc0_0fc0_0fc0_0fc0) << 2 | pairs & 0x003f_003f_003f_003f
        return values &+ ones &* 0x41 &+ isAtLeast(26, values) &* 6 &- isAtLeast(52, values) &* 75
            &- isAtLeast(62, values) &* 13 &+ isAtLeast(63, values) &* 49
    }

    /// 1 in each byte of `word` that is at least `limit`. All bytes must be below 0x80.
    private static func isAtLeast(_ limit: UInt64, _ word: UInt64) -> UInt64 {
        (word &+ ones &* (0x80 - limit)) >> 7 & ones
    }
}
