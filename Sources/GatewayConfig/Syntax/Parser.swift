/// Makes a tree of directives of one file's tokens. Keeps an explicit stack, so that no nesting in a file can
/// exhaust the program's own.
struct Parser {
    /// A block that is open.
    private struct Frame {
        /// The directive it belongs to; nil for the file itself and for a block that belongs to nothing.
        var node: Node?
        var opener: Position?
        var children: [Node] = []
        /// Nothing but blanks since the opening brace, so far.
        var isFresh = true
        /// A directive stands on the line of the opening brace.
        var isOneLine = false
        var isBroken = false
    }

    private static let maximumDepth = 12

    private var lexer: Lexer
    private let log: DiagnosticLog
    private let include: (Node) -> [Node]
    private var stack = [Frame()]
    private var words: [Word] = []
    /// Position of a block's end on the current line: nothing but another one may follow.
    private var closed: Position?
    /// The end of the line before the current token went into a word without an end.
    private var wasLineLost = false
    /// Blocks beyond `maximumDepth` that are open.
    private var excess = 0

    /// `include` reads the files that an include directive names.
    init(_ lexer: Lexer, log: DiagnosticLog, include: @escaping (Node) -> [Node]) {
        self.lexer = lexer
        self.log = log
        self.include = include
    }

    /// Directives at the file's top level, and whether something there could not be read.
    mutating func parse() -> (nodes: [Node], isBroken: Bool) {
        while true {
            wasLineLost = lexer.isLineLost
            switch lexer.next() {
            case .word(let word): add(word)
            case .open(let position): open(at: position)
            case .close(let position): close(at: position)
            case .semicolon(let position): semicolon(at: position)
            case .newline: endLine()
            case .end:
                endLine()
                closeAll()
                return (stack[0].children, stack[0].isBroken)
            }
        }
    }

    private var top: Int { stack.count - 1 }

    private mutating func breakBlock(
        _ code: String, _ position: Position, _ message: String, _ hints: [String] = []
    ) {
        log.error(code, position, message, hints)
        stack[top].isBroken = true
        maskLine()
    }

    /// A directive that cannot be read as one may still hold a password.
    private func maskLine() {
        guard let index = words.firstIndex(where: { Schema.isSecret($0.text) }), index + 1 < words.count
        else {
            return
        }
        log.maskRest(of: words[index + 1].position)
        words[(index + 1)...].forEach(log.mask)
    }

    private mutating func add(_ word: Word) {
        if closed != nil {
            breakBlock("E105", word.position, "text after \"}\"", ["start a new line behind the \"}\""])
            closed = nil
        }
        if word.isFailed { stack[top].isBroken = true }
        if stack[top].isFresh, top > 0 { stack[top].isOneLine = true }
        stack[top].isFresh = false
        words.append(word)
    }

    private mutating func open(at position: Position) {
        guard excess == 0, top < Self.maximumDepth else {
            if excess == 0 { breakBlock("E109", position, "blocks nested too deep") }
            excess += 1
            words = []
            return
        }
        if closed != nil { breakBlock("E105", position, "text after \"}\"") }
        closed = nil
        if words.isEmpty {
            breakBlock("E106", position, "\"{\" without a directive before it", ["write: directive {"])
        }
        if stack[top].isFresh, top > 0 { stack[top].isOneLine = true }
        stack[top].isFresh = false
        let node = words.isEmpty ? nil : Node(words: words, opener: position)
        words = []
        stack.append(Frame(node: node, opener: position))
    }

    private mutating func close(at position: Position) {
        let isAlone = words.isEmpty
        finishDirective()
        guard excess == 0 else {
            excess -= 1
            return
        }
        guard top > 0 else {
            breakBlock("E103", position, "\"}\" closes nothing")
            return
        }
        if !isAlone, !stack[top].isOneLine {
            breakBlock("E106", position, "\"}\" must stand on a line of its own here")
        }
        pop()
        closed = position
    }

    private mutating func semicolon(at position: Position) {
        log.misspelt(
            "E104", position, count: 1, "\n", "\";\" has no meaning here", ["a directive ends with its line"])
        stack[top].isBroken = true
        maskLine()
        finishDirective()
    }

    private mutating func endLine() {
        finishDirective()
        closed = nil
        // The brace that is missed is part of what has been reported.
        while wasLineLost, top > 0, stack[top].isOneLine {
            stack[top].isBroken = true
            pop()
        }
        guard top > 0 else { return }
        if stack[top].isOneLine, let opener = stack[top].opener {
            breakBlock(
                "E106", opener, "a block that starts on its directive's line must end there",
                ["close it on this line with a blank and \"}\", or start a new line behind the \"{\""])
        }
        stack[top].isOneLine = false
        stack[top].isFresh = false
    }

    private mutating func finishDirective() {
        guard !words.isEmpty else { return }
        let node = Node(words: words)
        words = []
        if excess == 0 { append(node) }
    }

    private mutating func pop() {
        guard top > 0, let frame = stack.popLast(), var node = frame.node else { return }
        node.children = frame.children
        node.isBroken = frame.isBroken
        append(node)
    }

    private mutating func append(_ node: Node) {
        if node.name == "include" {
            stack[top].children += include(node)
        } else {
            stack[top].children.append(node)
        }
    }

    private mutating func closeAll() {
        while top > 0 {
            if let opener = stack[top].opener {
                log.error(
                    "E102", opener, "block is never closed", ["close it with \"}\" on a line of its own"])
            }
            stack[top].isBroken = true
            let count = stack[top - 1].children.count
            pop()
            stack[top].isBroken = true
            if stack[top].children.count > count { stack[top].children[count].isUnclosed = true }
        }
    }
}
