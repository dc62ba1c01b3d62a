/// What one word of a directive may be.
indirect enum ValueRule: Sendable {
    /// Milliseconds; `off` also lets `0` through.
    case duration(ClosedRange<Int>, off: Bool)
    /// Bytes.
    case size(ClosedRange<Int>, off: Bool)
    /// A whole number, or one of the words.
    case count(ClosedRange<Int>, words: [String])
    /// One of the words; the later ones are known and not available yet.
    case choice([String], later: [String])
    /// Only `off`; a value that the other rule takes is not available yet.
    case onlyOff(ValueRule)
    /// A file or directory; resolved against the directory of the file the word stands in.
    case path
    /// `[a-z][a-z0-9_-]{0,62}`.
    case name
    /// `[A-Za-z0-9_.:@/+-]{1,64}`.
    case role
    /// Name of a header, or `off` where that is allowed.
    case header(off: Bool)
    /// Name of a header, or its beginning and `*`.
    case headerPattern
    case cookieName
    /// Path of a URL, canonical: `/a/b`. No trailing slash where it is a prefix.
    case urlPath(isPrefix: Bool)
    /// `/exact`, `/dir/*`, `/users/{id}/x`.
    case pattern
    case range
    case method
    case origin
    case listenAddress
    case serverAddress
    case adminAddress
    case host
    case uri
    /// Visible text of a header field.
    case headerText
    case secret
    /// Read by the code for its directive.
    case word
}

/// One argument, or a row of arguments of one kind.
struct ArgumentRule: Sendable {
    /// As the reference writes it: `DURATION`, `on|off`.
    let display: String
    let rule: ValueRule
    let count: ClosedRange<Int>

    init(_ display: String, _ rule: ValueRule, _ count: ClosedRange<Int> = 1...1) {
        self.display = display
        self.rule = rule
        self.count = count
    }

    static let many = 1...4_096
    static let optional = 0...1
    static let maybeMany = 0...64

    static func duration(_ range: ClosedRange<Int>, off: Bool = false) -> ArgumentRule {
        ArgumentRule(off ? "DURATION|off" : "DURATION", .duration(range, off: off))
    }

    static func size(_ range: ClosedRange<Int>, off: Bool = false) -> ArgumentRule {
        ArgumentRule(off ? "SIZE|off" : "SIZE", .size(range, off: off))
    }

    static func count(_ range: ClosedRange<Int>, words: [String] = []) -> ArgumentRule {
        ArgumentRule((["N"] + words).joined(separator: "|"), .count(range, words: words))
    }

    static func choice(_ words: String..., later: [String] = []) -> ArgumentRule {
        ArgumentRule(words.joined(separator: "|"), .choice(words, later: later))
    }

    static let header = ArgumentRule("HEADER|off", .header(off: true))
    static let path = ArgumentRule("PATH", .path)
    static let name = ArgumentRule("NAME", .name)
    static let anything = ArgumentRule("...", .word, maybeMany)
}
