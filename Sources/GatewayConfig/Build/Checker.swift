/// Holds the tree of a configuration against the schema.
struct Checker {
    let log: DiagnosticLog
    let values: ValueReader

    init(log: DiagnosticLog) {
        self.log = log
        values = ValueReader(log: log)
    }

    /// Directives of the top level. `isBroken`: something there could not be read.
    func check(_ nodes: [Node], isBroken: Bool) -> Block {
        var block = check(hoisted(nodes), in: .top)
        block.isBroken = isBroken
        return block
    }

    /// Takes directives of the top level out of blocks that are never closed, where they ended up by mistake: one
    /// missing brace is one error.
    private func hoisted(_ nodes: [Node]) -> [Node] {
        nodes.flatMap { node -> [Node] in
            guard node.isUnclosed, let context = Schema.rule(node.name, in: .top)?.block else {
                return [node]
            }
            guard
                let split = node.children.firstIndex(where: {
                    Schema.rule($0.name, in: context) == nil && Schema.rule($0.name, in: .top) != nil
                })
            else { return [node] }
            var kept = node
            kept.children = Array(node.children[..<split])
            return [kept] + hoisted(Array(node.children[split...]))
        }
    }

    private func check(_ nodes: [Node], in context: Context) -> Block {
        var block = Block(context: context)
        var first: [String: Node] = [:]
        for node in nodes {
            guard let rule = Schema.rule(node.name, in: context) else {
                reportUnknown(node, context)
                // It is there, if badly written: nothing more is to be said.
                if let near = UnknownDirective.near(node.name, in: context) { block.names.insert(near) }
                continue
            }
            block.names.insert(rule.name)
            if rule.hasSecret { node.arguments.forEach(log.mask) }
            guard !rule.isLater else {
                log.notAvailable(node.words[0])
                continue
            }
            if let earlier = first[rule.name], !rule.repeats {
                log.error(
                    "E204", node.position, "\(Printable.quoted(rule.name)) is given twice",
                    ["the first is in \(log.place(earlier.position, from: node.position))"])
                continue
            }
            first[rule.name] = node
            block.items.append(item(node, rule))
        }
        return block
    }

    private func item(_ node: Node, _ rule: DirectiveRule) -> Item {
        let read = words(node, rule)
        var inner = Block(context: rule.block ?? rule.context)
        if let context = rule.block {
            inner = check(node.children, in: context)
            inner.isBroken = node.isBroken
            if rule.needsBlock, !node.hasBlock {
                log.error(
                    "E211", node.position, "\(Printable.quoted(rule.name)) needs a block",
                    ["write: \(rule.syntax)"])
                inner.isBroken = true
            }
            checkRequired(inner, node, rule)
        } else if let opener = node.opener {
            log.error("E210", opener, "\(Printable.quoted(rule.name)) takes no block")
        }
        let isValid = read.map { $0.allSatisfy { $0 != nil } } ?? false
        return Item(rule: rule, node: node, partial: read ?? [], isValid: isValid, block: inner)
    }

    private func checkRequired(_ block: Block, _ node: Node, _ rule: DirectiveRule) {
        guard !block.isBroken else { return }
        for missing in Schema.rules(in: block.context) where missing.isRequired {
            if block.names.contains(missing.name) { continue }
            log.error(
                "E303", node.position, "\(rule.name) has no \(Printable.quoted(missing.name))",
                ["for instance: \(missing.example)"])
        }
    }

    /// nil if there are too few or too many words.
    private func words(_ node: Node, _ rule: DirectiveRule) -> [Value?]? {
        let given = Array(node.arguments)
        guard given.count >= rule.wordCount.lowerBound else {
            log.error(
                "E202", node.position, "\(Printable.quoted(rule.name)) needs a value",
                ["write: \(rule.syntax)"])
            return nil
        }
        guard given.count <= rule.wordCount.upperBound else {
            let extra = given[rule.wordCount.upperBound]
            log.error(
                "E208", extra.position, "too many values for \(Printable.quoted(rule.name))",
                ["write: \(rule.syntax)"])
            return nil
        }
        return zip(given, Self.spread(rule, given.count)).map { word, argument in
            word.isFailed ? nil : values.read(word, argument.rule, rule)
        }
    }

    /// The argument each of `count` words belongs to: every argument gets its least, then the rest in order.
    private static func spread(_ rule: DirectiveRule, _ count: Int) -> [ArgumentRule] {
        var spare = count - rule.wordCount.lowerBound
        return rule.arguments.flatMap { argument in
            let extra = min(spare, argument.count.upperBound - argument.count.lowerBound)
            spare -= extra
            return Array(repeating: argument, count: argument.count.lowerBound + extra)
        }
    }

    private func reportUnknown(_ node: Node, _ context: Context) {
        guard !node.words[0].isFailed else { return }
        if Schema.isSecret(node.name) { node.arguments.forEach(log.mask) }
        let word = node.words[0]
        let message = "unknown directive \(word.shown) \(context.place)"
        if word.isPlain, let near = UnknownDirective.near(node.name, in: context) {
            log.misspelt(
                "E201", node.position, count: word.sourceCount, near, message,
                ["did you mean \(Printable.quoted(near))?"])
            return
        }
        let hint = word.isSecret ? nil : UnknownDirective.hint(node.name, in: context)
        log.error("E201", node.position, message, hint.map { [$0] } ?? [])
    }
}

/// What to say about a directive that a block does not know.
enum UnknownDirective {
    /// A near name in the same block.
    static func near(_ name: String, in context: Context) -> String? {
        Suggestion.nearest(to: name, in: Schema.rules(in: context).map(\.name))
    }

    /// A near name in the same block, else where the word belongs, else what other programs mean by it.
    static func hint(_ name: String, in context: Context) -> String? {
        if let near = near(name, in: context) {
            return "did you mean \(Printable.quoted(near))?"
        }
        let places = Schema.contexts(of: name)
        if !places.isEmpty {
            return "belongs in: " + places.map(\.rawValue).joined(separator: ", ")
        }
        if let ours = Schema.foreign[name.lowercased()] { return "use: \(ours)" }
        let everywhere = Schema.rules.map(\.name)
        guard let near = Suggestion.nearest(to: name, in: everywhere) else { return known(context) }
        let owners = Schema.contexts(of: near).map(\.rawValue).joined(separator: ", ")
        return "did you mean \(Printable.quoted(near)), which belongs in: \(owners)?"
    }

    private static func known(_ context: Context) -> String {
        let names = Schema.rules(in: context).filter { !$0.isLater }.map(\.name)
        return "known \(context.place): \(names.joined(separator: " "))"
    }
}

extension DiagnosticLog {
    /// A directive or value that is known and not built yet.
    func notAvailable(_ word: Word, of directive: String? = nil) {
        let owner = directive.map { "\($0) " } ?? ""
        error("E212", word.position, "\(owner)\(word.shown) is not available in this version")
    }

    /// `line 7`, with the file where it is another one.
    func place(_ position: Position, from other: Position) -> String {
        if position.file == other.file { return "line \(position.line)" }
        return "\(files[position.file].path):\(position.line)"
    }
}
