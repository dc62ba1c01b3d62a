/// The configuration at `path` as it counts: everything that it includes in one text, expansions made, paths resolved,
/// secrets as `•••`, and behind each line where it stands. `defaults`: also what is left out, with its default.
///
/// nil for a configuration with errors; they are in the result.
public func dumpConfiguration(
    path: String, source: any ConfigSource, defaults: Bool
) -> (text: String?, result: LoadResult) {
    let result = loadSettings(path: path, source: source)
    guard result.settings != nil else { return (nil, result) }
    let log = DiagnosticLog()
    let loader = FileLoader(source: source, log: log)
    let block = Checker(log: log).check(loader.load(path), isBroken: false)
    var writer = DumpWriter(files: log.files.map(\.path), showsDefaults: defaults)
    writer.write(block, depth: 0)
    return (writer.text, result)
}

/// Writes checked directives.
private struct DumpWriter {
    private static let column = 48
    let files: [String]
    let showsDefaults: Bool
    private(set) var text = ""

    init(files: [String], showsDefaults: Bool) {
        self.files = files
        self.showsDefaults = showsDefaults
    }

    mutating func write(_ block: Block, depth: Int) {
        for item in block.items {
            let code = ([item.rule.name] + words(item)).joined(separator: " ")
            guard item.rule.block != nil, item.node.hasBlock || showsDefaults else {
                line(code, place(item.position), depth)
                continue
            }
            line(code + " {", place(item.position), depth)
            write(item.block, depth: depth + 1)
            line("}", nil, depth)
        }
        guard showsDefaults else { return }
        for rule in Schema.rules(in: block.context) where !block.names.contains(rule.name) {
            writeDefault(rule, depth)
        }
    }

    /// A directive that is left out. Blocks of which there may be several have none.
    private mutating func writeDefault(_ rule: DirectiveRule, _ depth: Int) {
        guard !rule.isLater else { return }
        if let context = rule.block {
            guard !rule.repeats, !rule.isRequired, rule.wordCount.lowerBound == 0 else { return }
            line("\(rule.name) {", "default", depth)
            write(Block(context: context), depth: depth + 1)
            line("}", nil, depth)
            return
        }
        guard let value = rule.defaultText else { return }
        // What only words can tell stands in a comment.
        let isWritable = rule.example == "\(rule.name) \(value)" || value == "off" && rule.takesOff
        line(isWritable ? "\(rule.name) \(value)" : "# \(rule.name): \(value)", "default", depth)
    }

    private func words(_ item: Item) -> [String] {
        item.values.map { value in
            let isHidden = value.word.isSecret || item.rule.hasSecret
            return isHidden ? secretPlaceholder : Self.quoted(value.text)
        }
    }

    private func place(_ position: Position) -> String {
        let file = files.indices.contains(position.file) ? files[position.file] : "?"
        return "\(file):\(position.line)"
    }

    private mutating func line(_ code: String, _ note: String?, _ depth: Int) {
        var line = String(repeating: "    ", count: depth) + code
        if let note {
            line +=
                String(repeating: " ", count: max(1, Self.column - line.unicodeScalars.count)) + "# " + note
        }
        text += line + "\n"
    }

    /// A word as it can stand in a file.
    private static func quoted(_ text: String) -> String {
        let bytes = Array(text.utf8)
        let isBare =
            !bytes.isEmpty && bytes.allSatisfy { $0 > 0x20 && $0 != 0x7f && !"\"'\\".utf8.contains($0) }
            && !"{}#".utf8.contains(bytes[0]) && bytes.last != UInt8(ascii: ";")
        let expands = text.utf8.contains(UInt8(ascii: "$"))
        if isBare, !expands { return text }
        if expands, !bytes.contains(UInt8(ascii: "'")), !bytes.contains(0x0a) { return "'\(text)'" }
        var quoted = "\""
        for character in text.unicodeScalars {
            switch character {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\t": quoted += "\\t"
            default: quoted.unicodeScalars.append(character)
            }
        }
        return quoted + "\""
    }
}
