/// A word in the making.
struct WordBuilder {
    let position: Position
    var bytes: [UInt8] = []
    var isFailed = false
    private(set) var hasExpansion = false
    private var isSecret = false
    private var path: String?
    private var literalBefore = false
    private var hasDefault = false

    init(_ position: Position) { self.position = position }

    mutating func add(_ expansion: Expansion) {
        // Only a word that is nothing but one file can be read again from that file.
        path = hasExpansion || !bytes.isEmpty ? nil : expansion.path
        literalBefore = literalBefore || bytes.count != expandedCount
        hasExpansion = true
        isSecret = isSecret || expansion.isSecret
        isFailed = isFailed || expansion.isFailed
        hasDefault = hasDefault || expansion.hasDefault
        bytes += expansion.bytes
        expandedCount = bytes.count
    }

    private var expandedCount = 0
    private var hasLiteral: Bool { literalBefore || bytes.count != expandedCount }

    /// `end` is the offset behind the word in the line it ends on.
    func finish(end: Int, line: Int) -> Word {
        var word = Word(bytes: bytes, position: position, lastLine: line)
        word.sourceCount = line == position.line ? max(1, end - position.offset) : Int.max - position.offset
        word.isSecret = isSecret
        word.isFailed = isFailed
        word.isReference = hasExpansion && !hasLiteral && !hasDefault
        word.path = hasLiteral ? nil : path
        word.text = String(decoding: bytes, as: UTF8.self)
        return word
    }
}

/// What stands for `${...}`.
struct Expansion {
    var bytes: [UInt8] = []
    /// The file it came from.
    var path: String?
    var isFailed = false
    /// A default stands in the file.
    var hasDefault = false
    /// Content of a file.
    var isSecret: Bool { path != nil }

    static let failed = Expansion(isFailed: true)
}
