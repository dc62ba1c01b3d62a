/// Passwords that were found most often in leaked lists.
enum CommonPasswordList {
    /// Whether `password`, in any case of its letters, is listed. Allocates little and keeps nothing.
    static func contains(_ password: [UInt8]) -> Bool {
        guard !password.isEmpty else { return false }
        let wanted = password.map(ASCII.lowerCased)
        return text.withUTF8Buffer { isListed(wanted, in: $0) }
    }

    /// Binary search by offset: the middle of what is left lies in an entry, whose ends are near.
    private static func isListed(_ wanted: [UInt8], in text: UnsafeBufferPointer<UInt8>) -> Bool {
        var low = 0
        var high = text.count
        while low < high {
            var start = low + (high - low) / 2
            while start > low, !isSeparator(text[start - 1]) { start -= 1 }
            var end = start
            while end < high, !isSeparator(text[end]) { end += 1 }
            let entry = text[start..<end]
            if entry.elementsEqual(wanted) { return true }
            if entry.lexicographicallyPrecedes(wanted) { low = end + 1 } else { high = start }
        }
        return false
    }

    private static func isSeparator(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0a }
}
