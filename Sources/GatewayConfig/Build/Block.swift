/// A word that was found to be what its rule asks for.
struct Value: Sendable {
    enum Kind: Sendable {
        case number(Int)
        case off
        /// A choice, a name, a resolved path, or text as it stands.
        case text(String)
        case endpoint(Endpoint)
        case range(AddressRange)
        case pattern(PathPattern)
    }

    let word: Word
    let kind: Kind

    var number: Int? { if case .number(let number) = kind { number } else { nil } }
    var text: String { if case .text(let text) = kind { text } else { word.text } }
    var isOff: Bool { if case .off = kind { true } else { false } }
    var endpoint: Endpoint? { if case .endpoint(let endpoint) = kind { endpoint } else { nil } }
    var range: AddressRange? { if case .range(let range) = kind { range } else { nil } }
    var pattern: PathPattern? { if case .pattern(let pattern) = kind { pattern } else { nil } }
}

/// A directive that is known and available.
struct Item: Sendable {
    let rule: DirectiveRule
    let node: Node
    /// One for each word behind the name; nil where a word was reported. Empty if their number is wrong.
    let partial: [Value?]
    let isValid: Bool
    let block: Block

    /// Empty if something is wrong with the words.
    var values: [Value] { isValid ? partial.compactMap { $0 } : [] }
    var position: Position { node.position }
}

/// The directives of a block, checked against the schema.
struct Block: Sendable {
    let context: Context
    var items: [Item] = []
    /// Names that stand in it, whatever became of them.
    var names: Set<String> = []
    /// Something in it could not be read.
    var isBroken = false

    /// Valid directives of a name, in order.
    func all(_ name: String) -> [Item] { items.filter { $0.rule.name == name && $0.isValid } }

    /// Directives of a name, in order, also those with a wrong word.
    func every(_ name: String) -> [Item] { items.filter { $0.rule.name == name } }

    /// The valid directive of a name.
    func first(_ name: String) -> Item? { items.first { $0.rule.name == name && $0.isValid } }

    /// Its first value.
    func value(_ name: String) -> Value? { first(name)?.values.first }

    /// Its first value as text.
    func text(_ name: String) -> String? { value(name)?.text }

    /// Sets a number if the directive is there; `off` counts as 0.
    func set(_ name: String, _ target: inout Int) {
        guard let value = value(name) else { return }
        if let number = value.number { target = number }
        if value.isOff { target = 0 }
    }

    /// Sets a number, or nil for `off` and words, if the directive is there.
    func set(_ name: String, _ target: inout Int?) {
        if let value = value(name) { target = value.number }
    }

    /// Sets a choice if the directive is there.
    func set<Choice: RawRepresentable<String>>(_ name: String, _ target: inout Choice) {
        if let text = text(name), let choice = Choice(rawValue: text) { target = choice }
    }
}
