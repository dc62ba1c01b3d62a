/// The forms in which diagnostics are printed.
public enum DiagnosticFormat: String, Sendable, CaseIterable {
    /// For people: the line, a caret, hints.
    case text
    /// One JSON object.
    case json
    /// `file:line:column: error: message [code]`, which editors and CI systems know.
    case gcc

    /// Most diagnostics printed; the count at the end is of all.
    public static let limit = 50

    /// The diagnostics in this form, each line ended; of the first `limit` only. `path` is the configuration's.
    public func render(_ diagnostics: [Diagnostic], path: String) -> String {
        switch self {
        case .text: Self.text(diagnostics, path)
        case .json: Self.json(diagnostics, path)
        case .gcc: Self.gcc(diagnostics)
        }
    }

    private static func text(_ diagnostics: [Diagnostic], _ path: String) -> String {
        var out = ""
        for diagnostic in diagnostics.prefix(limit) { out += text(diagnostic) }
        if diagnostics.count > limit { out += "... and \(diagnostics.count - limit) more\n" }
        if !diagnostics.isEmpty { out += "\(path): \(counts(diagnostics))\n" }
        return out
    }

    private static func text(_ diagnostic: Diagnostic) -> String {
        var out = "\(diagnostic.file):\(diagnostic.line):\(diagnostic.column): "
        out += "\(diagnostic.severity.rawValue)[\(diagnostic.code)]: \(diagnostic.message)\n"
        if let line = diagnostic.sourceLine {
            let number = String(diagnostic.line)
            let margin = String(repeating: " ", count: max(0, 5 - number.utf8.count))
            out += "\(margin)\(number) | \(line)\n"
            out += "      | \(String(repeating: " ", count: diagnostic.sourceOffset))^\n"
        }
        for hint in diagnostic.hints { out += "      = \(hint)\n" }
        return out
    }

    /// `18 error(s), 2 warning(s)`.
    static func counts(_ diagnostics: [Diagnostic]) -> String {
        let errors = diagnostics.count { $0.severity == .error }
        let warnings = diagnostics.count - errors
        let parts = [errors > 0 ? "\(errors) error(s)" : "", warnings > 0 ? "\(warnings) warning(s)" : ""]
        return parts.filter { !$0.isEmpty }.joined(separator: ", ")
    }

    private static func gcc(_ diagnostics: [Diagnostic]) -> String {
        diagnostics.prefix(limit).map { diagnostic in
            let place = "\(diagnostic.file):\(diagnostic.line):\(diagnostic.column): "
            let head = "\(diagnostic.severity.rawValue): \(diagnostic.message) [\(diagnostic.code)]\n"
            return place + head + diagnostic.hints.map { place + "note: \($0)\n" }.joined()
        }.joined()
    }
}
