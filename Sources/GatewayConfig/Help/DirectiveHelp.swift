/// What `gatehouse help DIRECTIVE` prints: syntax, place, default, meaning and an example, for every block that has
/// a directive of this name; nil if there is none.
public func directiveHelp(_ name: String) -> String? {
    let rules = Schema.rules.filter { $0.name == name }
    guard !rules.isEmpty else { return nil }
    return rules.map(helpText).joined(separator: "\n")
}

/// Names of all directives, each once, sorted.
public var directiveNames: [String] {
    Set(Schema.rules.map(\.name)).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
}

/// What was probably meant by a name that no directive has: a near name, or our word for another program's.
public func directiveSuggestion(for name: String) -> String? {
    Suggestion.nearest(to: name, in: directiveNames) ?? Schema.foreign[name.lowercased()]
}

private func helpText(_ rule: DirectiveRule) -> String {
    var lines = [rule.syntax, "    \(rule.help)"]
    func add(_ label: String, _ text: String) {
        lines.append("    " + label + String(repeating: " ", count: 9 - label.utf8.count) + text)
    }
    add("in", rule.name == "include" ? "every block" : rule.context.rawValue)
    if rule.isLater {
        add("note", "not available in this version")
        return lines.joined(separator: "\n") + "\n"
    }
    if rule.isRequired { add("required", rule.repeats ? "at least once" : "once") }
    if let text = rule.defaultText { add("default", text) }
    if rule.repeats, !rule.isRequired { add("repeats", "yes") }
    for note in rule.laterWords { add("later", note) }
    add("example", rule.example)
    if let block = rule.block {
        let inner = Schema.rules(in: block).filter { !$0.isLater }.map(\.name)
        add("block", inner.joined(separator: " "))
    }
    return lines.joined(separator: "\n") + "\n"
}

extension DirectiveRule {
    /// Values that are known and not available in this version.
    var laterWords: [String] {
        let words = arguments.flatMap { argument -> [String] in
            switch argument.rule {
            case .choice(_, let later): later
            case .onlyOff(.choice(let words, _)): words
            case .onlyOff: ["DURATION"]
            default: []
            }
        }
        return words.isEmpty ? [] : [words.joined(separator: " ") + " (not available in this version)"]
    }
}
