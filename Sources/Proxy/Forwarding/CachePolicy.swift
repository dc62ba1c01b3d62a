/// What an origin's `Cache-Control` says about caches that several people share.
enum CachePolicy {
    /// Whether a value, the whole of one field, settles who may keep the answer: the origin forbids shared caches,
    /// or allows them in so many words (RFC 9111, 5.2.2). A lifetime alone settles nothing: it allows everybody.
    /// So does `private="field"`, which is about one field only.
    static func saysWhoMayKeep(_ value: UnsafeRawBufferPointer) -> Bool {
        var start = 0
        while start < value.count {
            var end = start
            while end < value.count, value[end] != UInt8(ascii: ",") { end += 1 }
            if isWord(value, start, end) { return true }
            start = end + 1
        }
        return false
    }

    private static func isWord(_ value: UnsafeRawBufferPointer, _ from: Int, _ to: Int) -> Bool {
        var start = from
        var end = to
        while start < end, value[start] == 0x20 || value[start] == 0x09 { start += 1 }
        while start < end, value[end - 1] == 0x20 || value[end - 1] == 0x09 { end -= 1 }
        return equals(value, start, end, "private") || equals(value, start, end, "no-store")
            || equals(value, start, end, "public")
            || end - start > 9 && equals(value, start, start + 9, "s-maxage=")
    }

    private static func equals(
        _ value: UnsafeRawBufferPointer, _ start: Int, _ end: Int, _ word: StaticString
    ) -> Bool {
        guard end - start == word.utf8CodeUnitCount else { return false }
        return word.withUTF8Buffer { letters in
            for index in letters.indices {
                let byte = value[start + index]
                let lower = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte
                if lower != letters[index] { return false }
            }
            return true
        }
    }
}
