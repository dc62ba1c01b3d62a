/// One word of a directive, expansions made.
struct Word: Sendable {
    var bytes: [UInt8] = []
    var position: Position
    /// Bytes it takes in the file, from `position` on.
    var sourceCount = 0
    /// Line it ends on: another one only where `\` joins lines within the word.
    var lastLine: Int
    /// Has content of a file in it: never shown.
    var isSecret = false
    /// The file, where the word is nothing but one file's content.
    var path: String?
    /// An expansion failed and was reported: the value is unknown, so nothing else is to be said about it.
    var isFailed = false
    /// Written as nothing but expansions without a default: the file itself gives nothing away.
    var isReference = false
    /// As text; what is not UTF-8 is replaced.
    var text = ""

    /// Written just as it reads: no quotes, no expansion.
    var isPlain: Bool { sourceCount == bytes.count && !isSecret && !isReference && !isFailed }

    /// How a message names the word.
    var shown: String { isSecret ? secretPlaceholder : Printable.quoted(text) }
}

/// A directive as it stands in the file: words, and a block if it has one.
struct Node: Sendable {
    var words: [Word]
    var children: [Node] = []
    var opener: Position?
    /// Something in its block could not be read as a directive: what is missing there may just be unreadable.
    var isBroken = false
    /// Its block is never closed, so directives of the level above may have ended up in it.
    var isUnclosed = false

    var hasBlock: Bool { opener != nil }
    var position: Position { words[0].position }
    var name: String { words[0].text }
    var arguments: ArraySlice<Word> { words.dropFirst() }
}
