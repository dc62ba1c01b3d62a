import HTTPCore

/// What an origin's `Cache-Control` says about caches that several people share.
enum CachePolicy {
    /// Whether the value at `range`, the whole of one field, settles who may keep the answer: the origin forbids shared
    /// caches, or allows them in so many words (RFC 9111, 5.2.2). A lifetime alone settles nothing: it allows everybody.
    /// So does `private="field"`, which is about one field only.
    static func saysWhoMayKeep(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        var list = ListScanner(range)
        while let directive = list.next(bytes) {
            if isWord(bytes, directive) { return true }
        }
        return false
    }

    private static func isWord(_ bytes: Span<UInt8>, _ directive: Range<Int>) -> Bool {
        if ASCII.equalsIgnoringCase(bytes, directive, "private")
            || ASCII.equalsIgnoringCase(bytes, directive, "no-store")
            || ASCII.equalsIgnoringCase(bytes, directive, "public")
        {
            return true
        }
        let name = directive.prefix(9)
        return directive.count > name.count && ASCII.equalsIgnoringCase(bytes, name, "s-maxage=")
    }
}
