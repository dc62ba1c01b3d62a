extension SettingsBuilder {
    func buildStore(_ block: Block, _ users: inout UsersSettings) {
        guard let store = block.first("store") else { return }
        let kind = store.values[0].text == "sql" ? "postgres" : store.values[0].text
        guard store.values.count == 2 else {
            let examples = [
                "file": "store file users.txt",
                "postgres": "store postgres postgresql://gatehouse@db.example/app",
            ]
            log.error(
                "E202", store.position, "store \(kind) needs a \(kind == "postgres" ? "URL" : "path")",
                ["write: \(examples[kind] ?? "store sqlite state/users.db")"])
            return
        }
        checkBelonging(block, kind, store)
        checkRegistration(block, kind)
        let word = store.values[1].word
        if kind == "postgres" {
            if let settings = postgres(word, store.block, block) { users.store = .postgres(settings) }
            return
        }
        guard let path = reader.read(word, .path, store.rule)?.text else { return }
        users.store =
            kind == "file" ? .file(path: path, isWatched: block.text("watch") != "off") : .sqlite(path: path)
    }

    /// What only one kind of store has.
    private func checkBelonging(_ block: Block, _ kind: String, _ store: Item) {
        if kind != "file", let watch = block.first("watch") {
            log.error("E305", watch.position, "watch is for a file store")
        }
        guard kind != "postgres" else { return }
        let others = ["find", "insert", "set_password"].compactMap { block.first($0) } + store.block.items
        for item in others {
            log.error("E305", item.position, "\(item.rule.name) is for a postgres store")
        }
    }

    private func checkRegistration(_ block: Block, _ kind: String) {
        guard let register = block.value("register")?.word, register.text == "open" else { return }
        if kind == "file" {
            log.error(
                "E305", register.position, "a file store is only read: nobody can register",
                ["write: register off, or use: store sqlite state/users.db"])
        } else if block.first("find") != nil, block.first("insert") == nil {
            log.error(
                "E305", register.position, "register open needs insert",
                ["write: insert \"insert into users (email, password) values ($1, $2)\""])
        }
    }

    private func postgres(_ word: Word, _ options: Block, _ block: Block) -> PostgresSettings? {
        guard let url = postgresURL(word) else { return nil }
        var settings = PostgresSettings(url: url)
        if let password = options.value("password")?.word {
            settings.password = Secret(bytes: password.bytes, path: password.path)
        }
        options.set("connections", &settings.connections)
        options.set("connect_timeout", &settings.connectTimeout)
        options.set("timeout", &settings.timeout)
        settings.find = statement(block, "find", needs: 1, upTo: 1)
        settings.insert = statement(block, "insert", needs: 2, upTo: 6)
        settings.setPassword = statement(block, "set_password", needs: 2, upTo: 3)
        for name in ["insert", "set_password"] where block.first("find") == nil {
            guard let item = block.first(name) else { continue }
            log.error(
                "E305", item.position, "\(name) needs find",
                ["write: find \"select id, password from users where lower(email) = $1\""])
        }
        return settings
    }

    private func postgresURL(_ word: Word) -> String? {
        let text = word.text
        guard let scheme = ["postgresql://", "postgres://"].first(where: { text.hasPrefix($0) }),
            word.bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), word.bytes.count <= 2_048
        else {
            // What is meant for a URL may have a password in it.
            if word.bytes.contains(UInt8(ascii: "@")) { log.mask(word) }
            _ = reader.wrong(word, "a URL: postgresql://[user@]host[:port]/database[?sslmode=verify-full]")
            return nil
        }
        guard !Self.hasPassword(word.bytes.dropFirst(scheme.utf8.count)) else {
            log.mask(word)
            log.error(
                "E405", word.position, "the URL carries a password",
                ["take it out, and add a block: { password ${file:/run/secrets/postgres_password} }"])
            return nil
        }
        return text
    }

    /// Whether one stands before the host, or among the options. An @ further on may come from one with a slash.
    private static func hasPassword(_ text: ArraySlice<UInt8>) -> Bool {
        let end = text.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? text.endIndex
        let authority = text[..<end]
        let tail = text[end...]
        if tail.contains(UInt8(ascii: "@")) { return true }
        if let at = authority.lastIndex(of: UInt8(ascii: "@")), authority[..<at].contains(UInt8(ascii: ":")) {
            return true
        }
        let options = tail.split { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "&") }
        return options.contains { $0.starts(with: "password=".utf8) }
    }

    private func statement(
        _ block: Block, _ name: String, needs least: Int, upTo most: Int
    ) -> PostgresSettings.Statement? {
        guard let word = block.value(name)?.word else { return nil }
        let numbers = SQLText.parameters(word.bytes)
        let highest = numbers.max() ?? 0
        let help = ["see: gatehouse help \(name)"]
        if let missing = (1...least).first(where: { !numbers.contains($0) }) {
            log.error("E407", word.position, "\(name) does not use $\(missing)", help)
        } else if highest > most || numbers.contains(0) {
            log.error("E407", word.position, "\(name) has $1 to $\(most)", help)
        } else if word.bytes.contains(0) {
            log.error("E407", word.position, "\(name) has a NUL in it", help)
        }
        return PostgresSettings.Statement(text: word.text, count: highest)
    }
}

/// What can be seen of SQL without knowing it.
enum SQLText {
    /// The numbers behind `$`, outside of quotes.
    static func parameters(_ text: [UInt8]) -> Set<Int> {
        var numbers: Set<Int> = []
        var quote: UInt8?
        var index = 0
        while index < text.count {
            let byte = text[index]
            index += 1
            if let open = quote {
                if byte == open { quote = nil }
                continue
            }
            if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") { quote = byte }
            guard byte == UInt8(ascii: "$") else { continue }
            let digits = text[index...].prefix { (0x30...0x39).contains($0) }
            index += digits.count
            if let number = Number.digits(digits.prefix(4)) { numbers.insert(number) }
        }
        return numbers
    }
}
