extension DiagnosticFormat {
    /// `{"file","errors","warnings","diagnostics":[{"file","line","column","severity","code","message","hints"}]}`.
    static func json(_ diagnostics: [Diagnostic], _ path: String) -> String {
        let errors = diagnostics.count { $0.severity == .error }
        let list = diagnostics.prefix(limit).map(object).joined(separator: ",")
        return "{\"file\":\(quoted(path)),\"errors\":\(errors),\"warnings\":\(diagnostics.count - errors),"
            + "\"diagnostics\":[\(list)]}\n"
    }

    private static func object(_ diagnostic: Diagnostic) -> String {
        var fields = [
            "\"file\":\(quoted(diagnostic.file))",
            "\"line\":\(diagnostic.line)",
            "\"column\":\(diagnostic.column)",
            "\"severity\":\(quoted(diagnostic.severity.rawValue))",
            "\"code\":\(quoted(diagnostic.code))",
            "\"message\":\(quoted(diagnostic.message))",
            "\"hints\":[\(diagnostic.hints.map(quoted).joined(separator: ","))]",
        ]
        if let line = diagnostic.sourceLine { fields.append("\"source\":\(quoted(line))") }
        return "{" + fields.joined(separator: ",") + "}"
    }

    private static func quoted(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\t": out += "\\t"
            case "\r": out += "\\r"
            case _ where scalar.value < 0x20:
                out += scalar.value < 0x10 ? "\\u000" : "\\u00"
                out += String(scalar.value, radix: 16)
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out + "\""
    }
}
