/// What came of formatting a configuration file.
public enum FormatResult: Sendable {
    /// The file in its usual form.
    case formatted([UInt8])
    /// It cannot be read, so that nobody can say what it means.
    case unreadable([Diagnostic])
    /// The form would not mean the same: a fault of this program, and nothing is to be written.
    case changed
}

/// The text of one file in its usual form: four blanks a level, one blank between words, the columns of routes and
/// of what its author lined up under each other, at most one blank line at a time. Comments and quotes stay. Files
/// that it includes are not looked at.
///
/// What comes out is read again and compared: formatting never changes what a file means, and formatting twice is
/// formatting once.
public func formatConfiguration(_ bytes: [UInt8], path: String) -> FormatResult {
    let log = DiagnosticLog()
    let before = tree(bytes, path, log)
    let faults = log.diagnostics(mainPath: path).filter { $0.code.hasPrefix("E10") }
    guard faults.isEmpty else { return .unreadable(faults) }
    var formatted = bytes
    // Once is enough but for odd ends of lines, which are gone after the first time.
    for _ in 0..<4 {
        let next = LineLayout(SourceScanner(formatted).lines).bytes
        if next == formatted { break }
        formatted = next
    }
    let isSettled = LineLayout(SourceScanner(formatted).lines).bytes == formatted
    let isSame =
        comments(formatted) == comments(bytes) && same(before, tree(formatted, path, DiagnosticLog()))
    return isSettled && isSame ? .formatted(formatted) : .changed
}

private func comments(_ bytes: [UInt8]) -> [[UInt8]] { SourceScanner(bytes).lines.compactMap(\.comment) }

/// The directives of a file, without what it includes.
private func tree(_ bytes: [UInt8], _ path: String, _ log: DiagnosticLog) -> [Node] {
    let file = log.add(SourceFile(path: path, bytes: bytes))
    if String(validating: bytes, as: UTF8.self) == nil {
        log.error("E107", Position(file: file, line: 1, offset: 0), "the file is not UTF-8 text")
        return []
    }
    let expander = Expander(source: LiteralSource(), log: log)
    var parser = Parser(Lexer(bytes, file: file, log: log, expander: expander), log: log) { [$0] }
    return parser.parse().nodes
}

private func same(_ left: [Node], _ right: [Node]) -> Bool {
    left.count == right.count
        && zip(left, right).allSatisfy { one, other in
            one.hasBlock == other.hasBlock
                && one.words.map(\.bytes) == other.words.map(\.bytes)
                && one.words.map(\.isFailed) == other.words.map(\.isFailed)
                && same(one.children, other.children)
        }
}

/// Every variable and file says its own name: what counts is which one is meant.
private struct LiteralSource: ConfigSource {
    func read(path: String) -> Result<[UInt8], ConfigSourceError> { .success(Array("file:\(path)".utf8)) }
    func list(glob: String) -> [String] { [] }
    func environment(_ name: String) -> String? { "env:\(name)" }
}
