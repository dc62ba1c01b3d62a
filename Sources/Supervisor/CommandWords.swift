/// The words of a command as a log may show them.
enum CommandWords {
    private static let limit = 24
    private static let wordLimit = 200

    /// `words` without what could be secret: who a URL logs in as, and password hashes. Long words are cut, and many
    /// too.
    static func withoutSecrets(_ words: [String]) -> [String] {
        var shown = words.prefix(limit).map { word in
            let clean = withoutSecret(word)
            guard clean.utf8.count > wordLimit else { return clean }
            return String(decoding: clean.utf8.prefix(wordLimit), as: UTF8.self) + "…"
        }
        if words.count > limit { shown.append("…") }
        return shown
    }

    private static func withoutSecret(_ word: String) -> String {
        let bytes = Array(word.utf8)
        // A hash, or an option with one: `$2b$12$...`, `--hash=$argon2id$...`.
        if let start = bytes.firstIndex(of: UInt8(ascii: "$")),
            bytes[(start + 1)...].contains(UInt8(ascii: "$"))
        {
            return String(decoding: bytes[..<start], as: UTF8.self) + "***"
        }
        guard let scheme = range(of: Array("://".utf8), in: bytes) else { return word }
        // Up to the last @: a password that is not encoded may have any character in it.
        guard let at = bytes[scheme.upperBound...].lastIndex(of: UInt8(ascii: "@")) else { return word }
        return String(decoding: bytes[..<scheme.upperBound], as: UTF8.self) + "***"
            + String(decoding: bytes[at...], as: UTF8.self)
    }

    private static func range(of part: [UInt8], in bytes: [UInt8]) -> Range<Int>? {
        guard bytes.count >= part.count else { return nil }
        for start in 0...(bytes.count - part.count)
        where bytes[start..<start + part.count].elementsEqual(part) {
            return start..<start + part.count
        }
        return nil
    }
}
