/// Reads the configuration and everything it includes into one tree.
final class FileLoader {
    private static let maximumSize = 8 << 20
    private static let maximumDepth = 8
    private static let maximumFiles = 1_000

    private let source: any ConfigSource
    private let log: DiagnosticLog
    private let expander: Expander
    /// Files being read, the outermost first.
    private var open: [[String]] = []
    private var fileCount = 0
    /// Something at the top level could not be read.
    private(set) var isBroken = false
    /// A file could not be read, so anything may be missing.
    private(set) var isIncomplete = false
    /// Why the main file could not be read.
    private(set) var mainError: ConfigSourceError?

    init(source: any ConfigSource, log: DiagnosticLog) {
        self.source = source
        self.log = log
        expander = Expander(source: source, log: log)
    }

    /// Directives of the main file.
    func load(_ path: String) -> [Node] {
        switch source.read(path: path) {
        case .success(let bytes): return parse(bytes, path)
        case .failure(let error):
            mainError = error
            isIncomplete = true
            log.error("E111", nil, "cannot read \(Printable.quoted(path)): \(error.message)")
            return []
        }
    }

    private func parse(_ bytes: [UInt8], _ path: String) -> [Node] {
        let file = log.add(SourceFile(path: path, bytes: bytes.count > Self.maximumSize ? [] : bytes))
        fileCount += 1
        guard bytes.count <= Self.maximumSize else {
            isIncomplete = true
            log.error("E111", Position(file: file, line: 1, offset: 0), "file has more than 8m")
            return []
        }
        guard isText(file) else { return [] }
        open.append(FilePath.normalized(path) ?? [path])
        defer { open.removeLast() }
        var parser = Parser(Lexer(bytes, file: file, log: log, expander: expander), log: log) {
            [unowned self] in
            included(by: $0)
        }
        let result = parser.parse()
        isBroken = isBroken || result.isBroken
        return result.nodes
    }

    private func isText(_ number: Int) -> Bool {
        let file = log.files[number]
        if String(validating: file.bytes, as: UTF8.self) != nil { return true }
        isIncomplete = true
        for line in 1...file.lineStarts.count {
            guard String(validating: file.line(line), as: UTF8.self) == nil else { continue }
            log.error("E107", Position(file: number, line: line, offset: 0), "line is not UTF-8 text")
            break
        }
        return false
    }

    private func included(by node: Node) -> [Node] {
        guard node.words.count == 2, let word = node.arguments.first, !node.hasBlock else {
            isIncomplete = true
            log.error("E202", node.position, "include takes one file or glob", ["include conf.d/*.conf"])
            return []
        }
        guard !word.isFailed, !word.bytes.isEmpty, !word.bytes.contains(0) else {
            isIncomplete = true
            if !word.isFailed { log.error("E205", word.position, "\(word.shown) is not a path") }
            return []
        }
        let path = FilePath.join(log.files[word.position.file].directory, word.text)
        guard open.count < Self.maximumDepth else {
            log.error("E114", word.position, "files included more than \(Self.maximumDepth) deep")
            return []
        }
        guard word.bytes.contains(where: { "*?[".utf8.contains($0) }) else { return include(path, word) }
        return source.list(glob: path).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.flatMap {
            include($0, word)
        }
    }

    private func include(_ path: String, _ word: Word) -> [Node] {
        let shown = word.isSecret ? secretPlaceholder : Printable.quoted(path)
        if open.contains(FilePath.normalized(path) ?? [path]) {
            log.error("E114", word.position, "\(shown) includes itself")
            return []
        }
        guard fileCount < Self.maximumFiles else {
            log.error("E114", word.position, "more than \(Self.maximumFiles) files included")
            return []
        }
        switch source.read(path: path) {
        case .success(let bytes): return parse(bytes, path)
        case .failure(let error):
            isIncomplete = true
            log.error(
                error.isMissing ? "E114" : "E111", word.position, "cannot read \(shown): \(error.message)")
            return []
        }
    }
}
