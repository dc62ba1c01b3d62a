/// One row of the schema: everything that parser, help, example and reference know about a directive.
struct DirectiveRule: Sendable {
    let name: String
    let context: Context
    let arguments: [ArgumentRule]
    /// One line.
    let help: String
    /// A complete line that is valid where the directive is allowed.
    let example: String
    /// As a value or in words; nil where there is none.
    var defaultText: String?
    /// What its block is, if it takes one.
    var block: Context?
    var needsBlock = false
    var repeats = false
    var isRequired = false
    /// The syntax in words, where the arguments alone do not tell it.
    var form: String?
    /// Belongs into an example although it is neither required nor a default.
    var isStarter = false
    /// Known, but not built yet.
    var isLater = false

    init(
        _ name: String, in context: Context, _ arguments: [ArgumentRule], default defaultText: String? = nil,
        _ help: String, example: String
    ) {
        self.name = name
        self.context = context
        self.arguments = arguments
        self.defaultText = defaultText
        self.help = help
        self.example = example
    }

    var repeating: DirectiveRule { with { $0.repeats = true } }
    var starter: DirectiveRule { with { $0.isStarter = true } }
    var required: DirectiveRule { with { $0.isRequired = true } }

    /// Known and refused in this version.
    static func later(_ name: String, in context: Context, _ help: String, example: String) -> DirectiveRule {
        DirectiveRule(name, in: context, [.anything], help, example: example).with {
            $0.isLater = true
            $0.repeats = true
        }
    }

    /// The syntax as people read it.
    func written(_ form: String) -> DirectiveRule { with { $0.form = form } }

    /// Takes a block, or may take one.
    func block(_ context: Context, needed: Bool = true) -> DirectiveRule {
        with {
            $0.block = context
            $0.needsBlock = needed
        }
    }

    private func with(_ change: (inout DirectiveRule) -> Void) -> DirectiveRule {
        var copy = self
        change(&copy)
        return copy
    }

    /// `sessions_per_user N [reject|evict]`.
    var syntax: String {
        let words = arguments.map { argument in
            let text = argument.count.upperBound > 1 ? argument.display + "..." : argument.display
            return argument.count.lowerBound == 0 ? "[\(text)]" : text
        }
        if let form { return form }
        let tail = block == nil ? [] : [needsBlock ? "{ ... }" : "[{ ... }]"]
        return ([name] + (isLater ? [] : words) + tail).joined(separator: " ")
    }

    /// Whether `off` alone is a value of it.
    var takesOff: Bool {
        guard arguments.count == 1, let argument = arguments.first else { return false }
        return switch argument.rule {
        case .duration(_, let off), .size(_, let off), .header(let off): off
        case .choice(let words, _), .count(_, let words): words.contains("off")
        case .onlyOff: true
        default: false
        }
    }

    /// Fewest and most words behind the name.
    var wordCount: ClosedRange<Int> {
        let fewest = arguments.reduce(0) { $0 + $1.count.lowerBound }
        return fewest...arguments.reduce(0) { $0 + $1.count.upperBound }
    }

    var hasSecret: Bool {
        arguments.contains { if case .secret = $0.rule { true } else { false } }
    }
}
