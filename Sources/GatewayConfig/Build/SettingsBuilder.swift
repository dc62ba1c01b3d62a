/// Makes settings of a checked configuration, and checks what no single directive can tell.
///
/// Always goes to the end, so that everything wrong is told; what it makes of a configuration with errors is
/// thrown away.
struct SettingsBuilder {
    let top: Block
    let log: DiagnosticLog
    let source: any ConfigSource
    let reader: ValueReader
    /// A file is missing: what is not there may have been in it.
    let isIncomplete: Bool
    var settings = Settings()
    var userSets = Definitions(noun: "users")
    var realms = Definitions(noun: "realm")
    var upstreams = Definitions(noun: "upstream")
    /// What is known of the certificates of the listeners with TLS.
    var served: [ServedNames] = []

    init(_ top: Block, log: DiagnosticLog, source: any ConfigSource, isIncomplete: Bool) {
        self.top = top
        self.log = log
        self.source = source
        self.isIncomplete = isIncomplete
        reader = ValueReader(log: log)
    }

    mutating func build(path: String, stateOverride: String?) -> Settings {
        settings.path = path
        requireTop()
        buildState(stateOverride)
        buildListeners()
        buildGeneral()
        buildLog()
        buildRedis()
        buildLimits()
        buildHeaders()
        defineNames()
        buildUsers()
        buildRealms()
        buildSession()
        buildUpstreams()
        buildSites()
        checkTransport()
        checkCertificateNames()
        return settings
    }

    private func requireTop() {
        guard !top.isBroken, !isIncomplete else { return }
        for rule in Schema.rules(in: .top) where rule.isRequired && !top.names.contains(rule.name) {
            log.error(
                "E303", nil, "no \(Printable.quoted(rule.name)) in the configuration",
                ["for instance: \(rule.example)"])
        }
    }

    private mutating func defineNames() {
        for item in top.every("users") { userSets.add(item, log) }
        for item in top.every("realm") { realms.add(item, log) }
        for item in top.every("upstream") { upstreams.add(item, log) }
    }

    /// Index of what a word names; nil if it was reported.
    func resolve(_ word: Word, in definitions: Definitions) -> Int? {
        if let index = definitions.index(of: word.text) { return index }
        if isIncomplete { return nil }
        let names = definitions.names
        var hints: [String] = []
        if !word.isSecret, let near = Suggestion.nearest(to: word.text, in: names) {
            let line = definitions.position(of: near).map { " (\(log.place($0, from: word.position)))" } ?? ""
            hints = ["did you mean \(Printable.quoted(near))\(line)?"]
        } else if names.isEmpty {
            hints = ["none is defined; write: \(definitions.noun) NAME { ... }"]
        } else {
            let some = names.prefix(8).joined(separator: ", ") + (names.count > 8 ? ", ..." : "")
            hints = ["defined are: \(some)"]
        }
        log.error("E301", word.position, "\(definitions.noun) \(word.shown) is not defined", hints)
        return nil
    }
}

/// The blocks of one kind, by name.
struct Definitions {
    let noun: String
    /// Blocks in order; a name that is given twice counts once.
    private(set) var items: [(name: String, item: Item)] = []
    private var indices: [String: Int] = [:]

    init(noun: String) { self.noun = noun }

    var names: [String] { items.map(\.name).filter { !$0.isEmpty } }

    /// Whether there is one, however often it is given.
    var isOne: Bool { items.count == 1 || indices.count == 1 && names.count == items.count }

    mutating func add(_ item: Item, _ log: DiagnosticLog) {
        let name = item.values.first?.text ?? ""
        if let earlier = indices[name], !name.isEmpty {
            let place = log.place(items[earlier].item.position, from: item.position)
            log.error(
                "E204", item.position, "\(noun) \(Printable.quoted(name)) is given twice",
                ["the first is in \(place)"])
        }
        if indices[name] == nil, !name.isEmpty { indices[name] = items.count }
        items.append((name, item))
    }

    func index(of name: String) -> Int? { name.isEmpty ? nil : indices[name] }

    func position(of name: String) -> Position? { index(of: name).map { items[$0].item.position } }
}
