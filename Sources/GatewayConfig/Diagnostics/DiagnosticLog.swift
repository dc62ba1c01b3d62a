/// What a load finds, in whatever order it finds it.
///
/// Knows the files, so that a diagnostic can show its line, and the spots where secrets stand, so that it never
/// shows one. Messages are rendered when the load is over, since a line may turn out to hold a secret late.
final class DiagnosticLog {
    private struct Entry {
        let position: Position?
        let severity: Diagnostic.Severity
        let code: String
        let message: String
        let hints: [String]
        var replacement: Diagnostic.Replacement?
    }

    /// Beyond this many the log only counts: nobody reads them, and a hostile file must not fill the memory.
    private static let capacity = 5_000

    private(set) var files: [SourceFile] = []
    private var entries: [Entry] = []
    private var masks: [Int: [Int: [Range<Int>]]] = [:]
    private var secrets: [[UInt8]] = []
    private(set) var hasErrors = false

    /// Makes a file known; the result is its number.
    func add(_ file: SourceFile) -> Int {
        files.append(file)
        return files.count - 1
    }

    func error(_ code: String, _ position: Position?, _ message: String, _ hints: [String] = []) {
        hasErrors = true
        add(Entry(position: position, severity: .error, code: code, message: message, hints: hints))
    }

    /// An error in one word or mark of `count` bytes, which should have been `right`.
    func misspelt(
        _ code: String, _ position: Position, count: Int, _ right: String, _ message: String,
        _ hints: [String]
    ) {
        hasErrors = true
        add(
            Entry(
                position: position, severity: .error, code: code, message: message, hints: hints,
                replacement: Diagnostic.Replacement(offset: position.offset, count: count, text: right)))
    }

    func warning(_ code: String, _ position: Position?, _ message: String, _ hints: [String] = []) {
        add(Entry(position: position, severity: .warning, code: code, message: message, hints: hints))
    }

    /// Hides a word wherever its line is shown.
    func mask(_ word: Word) {
        hide(word.bytes)
        guard !word.isReference else { return }
        mask(word.position, count: word.sourceCount)
        let (file, first) = (word.position.file, word.position.line)
        for line in first..<max(first, word.lastLine) {
            maskRest(of: Position(file: file, line: line + 1, offset: 0))
        }
    }

    /// Hides the rest of a line.
    func maskRest(of position: Position) { mask(position, count: Int.max - position.offset) }

    /// Hides a value wherever it turns up, as a name in some message for instance.
    func hide(_ secret: [UInt8]) {
        // Hiding every "on" would hide nothing and spoil every message.
        if secret.count >= 4, secret.count <= 4_096, !secrets.contains(secret) { secrets.append(secret) }
    }

    private func mask(_ position: Position, count: Int) {
        masks[position.file, default: [:]][position.line, default: []].append(
            position.offset..<position.offset + count)
    }

    private func add(_ entry: Entry) {
        if entries.count < Self.capacity { entries.append(entry) }
    }

    /// Everything found, by file (in the order they were read), line and column.
    func diagnostics(mainPath: String) -> [Diagnostic] {
        let order = entries.enumerated().sorted { left, right in
            let (first, second) = (Self.key(left.element), Self.key(right.element))
            return first == second ? left.offset < right.offset : first.lexicographicallyPrecedes(second)
        }
        var seen: Set<[String]> = []
        return order.map { diagnostic($0.element, mainPath) }.filter {
            // A file that is included twice says everything twice.
            seen.insert([$0.file, "\($0.line)", "\($0.column)", $0.code, $0.message]).inserted
        }
    }

    private static func key(_ entry: Entry) -> [Int] {
        guard let position = entry.position else { return [0, 0, 0] }
        return [position.file, position.line, position.offset]
    }

    private func diagnostic(_ entry: Entry, _ mainPath: String) -> Diagnostic {
        var result = Diagnostic(
            file: mainPath, line: 1, column: 1, severity: entry.severity, code: entry.code,
            message: scrubbed(entry.message), hints: entry.hints.map(scrubbed))
        guard let position = entry.position, position.file < files.count else { return result }
        let file = files[position.file]
        let line = file.line(position.line)
        result.file = file.path
        result.replacement = entry.replacement
        result.line = position.line
        result.column = String(decoding: line.prefix(position.offset), as: UTF8.self).unicodeScalars.count + 1
        let shown = SourceExcerpt(
            line, at: position.offset, hiding: masks[position.file]?[position.line] ?? [])
        result.sourceLine = shown.text
        result.sourceOffset = shown.offset
        return result
    }

    /// A short secret may be a part of some word of ours, as "pass" is of "password": hiding it there would give it away.
    private static func standsAlone(_ bytes: [UInt8], _ range: Range<Int>) -> Bool {
        let neighbours = [range.lowerBound - 1, range.upperBound]
        return !neighbours.contains { bytes.indices.contains($0) && ASCII.isLetterOrDigit(bytes[$0]) }
    }

    private func scrubbed(_ text: String) -> String {
        var bytes = Array(text.utf8)
        for secret in secrets where bytes.count >= secret.count {
            var index = 0
            while index + secret.count <= bytes.count {
                let isHit = bytes[index...].starts(with: secret)
                if isHit, secret.count >= 8 || Self.standsAlone(bytes, index..<index + secret.count) {
                    bytes.replaceSubrange(index..<index + secret.count, with: secretPlaceholder.utf8)
                }
                index += 1
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
