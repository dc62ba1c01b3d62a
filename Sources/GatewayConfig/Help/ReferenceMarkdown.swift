/// The reference of all directives as Markdown tables, one for each block.
public func referenceMarkdown() -> String {
    let contexts = Context.allCases.filter { context in Schema.rules(in: context).contains { !$0.isLater } }
    let later = Schema.rules.filter(\.isLater).map { rule in
        rule.context == .top ? "`\(rule.name)`" : "`\(rule.context.rawValue) { \(rule.name) }`"
    }
    return contexts.map(table).joined(separator: "\n")
        + "\nKnown, and refused as not available in this version: \(later.joined(separator: ", ")).\n"
}

private func table(_ context: Context) -> String {
    var text = context == .top ? "### Top level\n\n" : "### `\(context.rawValue)`\n\n"
    text += "| directive | default | meaning |\n|---|---|---|\n"
    for rule in Schema.rules(in: context) where !rule.isLater {
        let count = (rule.isRequired ? " required" : "") + (rule.repeats ? " ↻" : "")
        let later = rule.laterWords.map { " Also known: \($0)." }.joined()
        text += "| \(code(rule.syntax))\(count) | \(rule.defaultText.map(code) ?? "–") | "
        text += "\(cell(rule.help))\(cell(later)) |\n"
    }
    return text
}

private func code(_ text: String) -> String { "`\(cell(text))`" }

private func cell(_ text: String) -> String {
    text.utf8.split(separator: UInt8(ascii: "|"), omittingEmptySubsequences: false)
        .map { String($0) ?? "" }.joined(separator: "\\|")
}
