/// What came of putting a configuration file right.
public struct FixResult: Sendable {
    /// The file; as it was if nothing could be done.
    public var bytes: [UInt8]
    /// What was put right, in the order of the file, each with its `replacement`.
    public var fixes: [Diagnostic]
}

/// Puts right in one file what leaves nothing to decide: names of directives and options that are misspelt and near
/// to one alone, and `;` at the end of directives. Words that say who may use a route, names from the file itself and
/// values are left to their author, and so is what other files say.
///
/// `bytes` take the place of what `source` has at `path`.
public func fixConfiguration(_ bytes: [UInt8], path: String, source: any ConfigSource) -> FixResult {
    var result = FixResult(bytes: bytes, fixes: [])
    // What is put right may show more: a block is read only once its name is known.
    for _ in 0..<8 {
        let source = EditedSource(base: source, path: path, bytes: result.bytes)
        let found = loadSettings(path: path, source: source).diagnostics.filter {
            $0.file == path && $0.replacement != nil
        }
        if found.isEmpty { break }
        result.bytes = replaced(result.bytes, found)
        result.fixes += found
    }
    return result
}

/// From the last to the first, so that positions stay what they are.
private func replaced(_ bytes: [UInt8], _ found: [Diagnostic]) -> [UInt8] {
    var bytes = bytes
    let starts = SourceFile(path: "", bytes: bytes).lineStarts
    for diagnostic in found.reversed() {
        guard let replacement = diagnostic.replacement, diagnostic.line <= starts.count else { continue }
        let start = starts[diagnostic.line - 1] + replacement.offset
        let end = start + replacement.count
        guard start <= end, end <= bytes.count else { continue }
        bytes.replaceSubrange(start..<end, with: replacement.text.utf8)
    }
    return bytes
}

/// A source in which one file is another.
private struct EditedSource: ConfigSource {
    let base: any ConfigSource
    let path: String
    let bytes: [UInt8]

    func read(path: String) -> Result<[UInt8], ConfigSourceError> {
        path == self.path ? .success(bytes) : base.read(path: path)
    }
    func list(glob: String) -> [String] { base.list(glob: glob) }
    func environment(_ name: String) -> String? { base.environment(name) }
    func permissions(path: String) -> UInt16? { base.permissions(path: path) }
}
