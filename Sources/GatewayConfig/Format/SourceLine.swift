/// One line of a configuration as it is written: raw words, braces and comment, nothing expanded.
struct SourceLine: Equatable {
    /// A piece of a line.
    struct Piece: Equatable {
        enum Kind: Equatable { case word, open, close }
        var kind: Kind
        /// As it stands in the file, quotes and all.
        var text: [UInt8]
        /// Characters before it in its line.
        var column: Int
        /// A `\` joined the line it stands on to the one before.
        var isContinued = false
    }

    var pieces: [Piece] = []
    /// From `#` on, without blanks at its end.
    var comment: [UInt8]?
    var commentColumn = 0

    var isEmpty: Bool { pieces.isEmpty && comment == nil }
    /// Whether it is one line of the file.
    var isPlain: Bool { !pieces.contains { $0.isContinued || $0.text.contains(0x0a) } }
}

/// Cuts a file into its lines, by the rules of `Lexer`, but without losing how things were written.
struct SourceScanner {
    private let bytes: [UInt8]
    private var index = 0
    private var lineStart = 0
    private var line = SourceLine()
    private var isContinued = false
    private(set) var lines: [SourceLine] = []

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        if bytes.starts(with: [0xef, 0xbb, 0xbf]) { index = 3 }
        lineStart = index
        while index < bytes.count { step() }
        if !line.isEmpty { endLine() }
    }

    private mutating func step() {
        let byte = bytes[index]
        if byte == 0x0a {
            endLine()
            index += 1
            lineStart = index
        } else if byte == 0x20 || byte == 0x09 || isLineEndReturn {
            index += 1
        } else if joinCount > 0 {
            index += joinCount
            lineStart = index
            isContinued = true
        } else if byte == UInt8(ascii: "#") {
            takeComment()
        } else if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "}") {
            take(byte == UInt8(ascii: "{") ? .open : .close, from: index, to: index + 1)
        } else {
            takeWord()
        }
    }

    private mutating func endLine() {
        lines.append(line)
        line = SourceLine()
        isContinued = false
    }

    private func column(of place: Int) -> Int { bytes[lineStart..<place].count { $0 & 0xc0 != 0x80 } }

    private mutating func take(_ kind: SourceLine.Piece.Kind, from start: Int, to end: Int) {
        let column = column(of: start)
        index = end
        line.pieces.append(
            SourceLine.Piece(
                kind: kind, text: Array(bytes[start..<end]), column: column, isContinued: isContinued))
        isContinued = false
        if let last = bytes[start..<end].lastIndex(of: 0x0a) { lineStart = last + 1 }
    }

    private mutating func takeComment() {
        var end = index
        while end < bytes.count, bytes[end] != 0x0a { end += 1 }
        var text = Array(bytes[index..<end])
        while let last = text.last, last == 0x20 || last == 0x09 || last == 0x0d { text.removeLast() }
        line.comment = text
        line.commentColumn = column(of: index)
        index = end
    }

    private mutating func takeWord() {
        let start = index
        let isQuoted = bytes[index] == UInt8(ascii: "\"") || bytes[index] == UInt8(ascii: "'")
        let end = isQuoted ? endOfQuote(bytes[index]) : endOfBare()
        take(.word, from: start, to: max(end, start + 1))
    }

    private func endOfQuote(_ quote: UInt8) -> Int {
        var end = index + 1
        while end < bytes.count, bytes[end] != quote {
            if quote == UInt8(ascii: "\""), let behind = endOfExpansion(end) {
                end = behind
                continue
            }
            if quote == UInt8(ascii: "\""), bytes[end] == UInt8(ascii: "\\") { end += 1 }
            end += 1
        }
        return min(end + 1, bytes.count)
    }

    private func endOfBare() -> Int {
        var end = index
        while end < bytes.count {
            if let behind = endOfExpansion(end) {
                end = behind
                continue
            }
            let join = joinCount(at: end)
            if join > 0 {
                // What joins the word to the end of the file joins it to nothing.
                if end + join == bytes.count { break }
                end += join
                continue
            }
            if [0x20, 0x09, 0x0a].contains(bytes[end]) || isLineEndReturn(at: end) { break }
            end += 1
        }
        return end
    }

    /// The place behind the expansion that begins at `start`; nil if none does.
    private func endOfExpansion(_ start: Int) -> Int? {
        guard start + 2 < bytes.count, bytes[start] == UInt8(ascii: "$"),
            bytes[start + 1] == UInt8(ascii: "{"), ASCII.isLetter(bytes[start + 2])
        else { return nil }
        var end = start + 2
        while end < bytes.count, bytes[end] != UInt8(ascii: "}"), bytes[end] != 0x0a { end += 1 }
        return end < bytes.count && bytes[end] == UInt8(ascii: "}") ? end + 1 : nil
    }

    private var isLineEndReturn: Bool { isLineEndReturn(at: index) }
    private var joinCount: Int { joinCount(at: index) }

    private func isLineEndReturn(at place: Int) -> Bool {
        bytes[place] == 0x0d && (place + 1 == bytes.count || bytes[place + 1] == 0x0a)
    }

    private func joinCount(at place: Int) -> Int {
        guard bytes[place] == UInt8(ascii: "\\") else { return 0 }
        if place + 1 == bytes.count { return 1 }
        if bytes[place + 1] == 0x0a { return 2 }
        let isLong =
            place + 2 < bytes.count && bytes[place + 1] == 0x0d && bytes[place + 2] == 0x0a
        return isLong ? 3 : 0
    }
}
