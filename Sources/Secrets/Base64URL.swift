/// Base64url without padding (RFC 4648, 5), on bytes, with exactly one text for each value.
///
/// Eight characters at a time, without a table and without a branch on what they are: it may be secret.
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
        while write < total {
            let bytes = Base64Word.load(source, at: read, count: min(6, source.count - read), fill: 0)
            Base64Word.store(Base64Word.text(bytes), to: target, at: write, count: min(8, total - write))
            read += 6
            write += 8
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
        var foreign: UInt64 = 0
        var leftover: UInt64 = 0
        var read = 0
        var write = 0
        while read < source.count {
            let text = Base64Word.load(
                source, at: read, count: min(8, source.count - read), fill: UInt8(ascii: "A"))
            let bytes = Base64Word.bytes(text, &foreign)
            let count = min(6, total - write)
            Base64Word.store(bytes, to: target, at: write, count: count)
            leftover = bytes << UInt64(8 * count)
            read += 8
            write += 6
        }
        return foreign == 0 && leftover == 0
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
}
