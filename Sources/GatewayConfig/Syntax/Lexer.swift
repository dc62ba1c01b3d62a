/// What a file is made of.
enum Token {
    case word(Word)
    case open(Position)
    case close(Position)
    case semicolon(Position)
    case newline
    case end
}

/// Cuts the bytes of one file into tokens.
struct Lexer {
    private let bytes: [UInt8]
    private let file: Int
    private let log: DiagnosticLog
    private let expander: Expander
    private var index = 0
    private var line = 1
    private var lineStart = 0
    private var pending: Token?
    /// The rest of the current line, and a brace in it, went into a word without an end.
    private(set) var isLineLost = false

    init(_ bytes: [UInt8], file: Int, log: DiagnosticLog, expander: Expander) {
        self.bytes = bytes
        self.file = file
        self.log = log
        self.expander = expander
        if bytes.starts(with: [0xef, 0xbb, 0xbf]) { index = 3 }
    }

    mutating func next() -> Token {
        if let token = pending {
            pending = nil
            return token
        }
        skipBlanks()
        guard index < bytes.count else { return .end }
        let start = position
        switch bytes[index] {
        case 0x0a:
            endLine()
            return .newline
        case UInt8(ascii: "{"):
            index += 1
            return .open(start)
        case UInt8(ascii: "}"):
            index += 1
            return .close(start)
        case UInt8(ascii: "\""), UInt8(ascii: "'"): return .word(quoted(by: bytes[index]))
        default: return bare()
        }
    }

    private var position: Position { Position(file: file, line: line, offset: index - lineStart) }

    private mutating func endLine() {
        isLineLost = false
        index += 1
        line += 1
        lineStart = index
    }

    /// Bytes of a `\` with the line end after it; 0 where there is none.
    private var joinCount: Int {
        guard bytes[index] == UInt8(ascii: "\\") else { return 0 }
        if index + 1 == bytes.count { return 1 }
        if bytes[index + 1] == 0x0a { return 2 }
        let isLong = index + 2 < bytes.count && bytes[index + 1] == 0x0d && bytes[index + 2] == 0x0a
        return isLong ? 3 : 0
    }

    private mutating func skipJoin(_ count: Int) {
        index += count - 1
        endLine()
    }

    private mutating func skipBlanks() {
        while index < bytes.count {
            let byte = bytes[index]
            if byte == 0x20 || byte == 0x09 || isLineEndReturn {
                index += 1
            } else if joinCount > 0 {
                skipJoin(joinCount)
            } else if byte == UInt8(ascii: "#") {
                while index < bytes.count, bytes[index] != 0x0a { index += 1 }
            } else {
                return
            }
        }
    }

    private var isLineEndReturn: Bool {
        bytes[index] == 0x0d && (index + 1 == bytes.count || bytes[index + 1] == 0x0a)
    }

    private var isAtBlank: Bool {
        guard index < bytes.count else { return true }
        return bytes[index] == 0x20 || bytes[index] == 0x09 || bytes[index] == 0x0a || isLineEndReturn
    }

    private mutating func bare() -> Token {
        var word = WordBuilder(position)
        var lastIsLiteral = false
        var last = position
        while !isAtBlank {
            if joinCount > 0 {
                skipJoin(joinCount)
                continue
            }
            last = position
            lastIsLiteral = !expand(into: &word)
            if lastIsLiteral { takeLiteral(into: &word) }
        }
        guard lastIsLiteral, word.bytes.last == UInt8(ascii: ";") else {
            return .word(word.finish(end: index - lineStart, line: line))
        }
        // The mark of other languages: say so, and read on behind it as if on the next line.
        word.bytes.removeLast()
        guard !word.bytes.isEmpty || word.hasExpansion else { return .semicolon(last) }
        pending = .semicolon(last)
        return .word(word.finish(end: last.offset, line: last.line))
    }

    private mutating func takeLiteral(into word: inout WordBuilder) {
        let byte = bytes[index]
        if byte < 0x20 && byte != 0x09 || byte == 0x7f, !word.isFailed {
            log.error("E107", position, "control character 0x\(String(byte, radix: 16)) in a word")
            word.isFailed = true
        }
        word.bytes.append(byte)
        index += 1
    }

    private mutating func quoted(by quote: UInt8) -> Word {
        var word = WordBuilder(position)
        index += 1
        while index < bytes.count, bytes[index] != 0x0a, !isLineEndReturn {
            if bytes[index] == quote {
                index += 1
                checkAfterQuote(&word)
                return word.finish(end: index - lineStart, line: line)
            }
            if quote == UInt8(ascii: "\"") {
                if takeEscape(into: &word) || expand(into: &word) { continue }
            }
            takeLiteral(into: &word)
        }
        log.error(
            "E101", word.position, "quote is not closed on its line",
            ["close it, or put a \\ before one that belongs to a text in double quotes"])
        word.isFailed = true
        isLineLost = true
        return word.finish(end: index - lineStart, line: line)
    }

    /// What stands there is taken for a part of the word, so that one slip is one error.
    private mutating func checkAfterQuote(_ word: inout WordBuilder) {
        guard !isAtBlank, bytes[index] != UInt8(ascii: ";"), joinCount == 0 else { return }
        log.error("E108", position, "text right after a closing quote", ["put a space between them"])
        word.isFailed = true
        while !isAtBlank, bytes[index] != UInt8(ascii: ";"), joinCount == 0 { index += 1 }
    }

    /// Whether there was an escape.
    private mutating func takeEscape(into word: inout WordBuilder) -> Bool {
        guard bytes[index] == UInt8(ascii: "\\") else { return false }
        if joinCount > 0 {
            skipJoin(joinCount)
            return true
        }
        let code = index + 1 < bytes.count ? bytes[index + 1] : 0
        switch code {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): word.bytes.append(code)
        case UInt8(ascii: "n"): word.bytes.append(0x0a)
        case UInt8(ascii: "t"): word.bytes.append(0x09)
        default:
            log.error(
                "E107", position, "unknown escape in double quotes",
                ["known are \\\" \\\\ \\n \\t; in single quotes everything stands for itself"])
            word.isFailed = true
            index += 1
            return true
        }
        index += 2
        return true
    }

    /// Makes the expansion that starts here; false if none does.
    private mutating func expand(into word: inout WordBuilder) -> Bool {
        guard index + 2 < bytes.count, bytes[index] == UInt8(ascii: "$"),
            bytes[index + 1] == UInt8(ascii: "{"),
            ASCII.isLetter(bytes[index + 2])
        else { return false }
        let start = position
        var end = index + 2
        while end < bytes.count, bytes[end] != UInt8(ascii: "}"), bytes[end] != 0x0a { end += 1 }
        guard end < bytes.count, bytes[end] == UInt8(ascii: "}") else {
            log.error(
                "E113", start, "\"${\" without \"}\"", ["in single quotes everything stands for itself"])
            word.isFailed = true
            isLineLost = true
            index = end
            return true
        }
        word.add(expander.expand(bytes[(index + 2)..<end], at: start))
        index = end + 1
        return true
    }
}
