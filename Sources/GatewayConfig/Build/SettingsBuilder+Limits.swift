extension SettingsBuilder {
    /// The limits of a realm; one that is given takes the place of all the usual ones.
    func buildLoginLimits(_ block: Block, _ realm: inout RealmSettings) {
        let items = block.all("login_limit")
        guard let first = items.first else { return }
        realm.loginLimits = []
        if let off = items.first(where: { $0.values[0].text == "off" }) {
            checkOff(off, isAlone: items.count == 1, first, realm)
            return
        }
        for item in items {
            guard let (rate, word) = rate(item, unit: "login_limit 10/5m per account_ip") else { continue }
            guard let subject = LoginLimitSettings.Subject(rawValue: word.text) else {
                _ = reader.unknownOption(word, LoginLimitSettings.Subject.allCases.map(\.rawValue))
                continue
            }
            if realm.loginLimits.contains(where: { $0.subject == subject }) {
                log.error("E204", word.position, "login_limit per \(subject.rawValue) is given twice")
            }
            realm.loginLimits.append(LoginLimitSettings(rate: rate, subject: subject))
        }
    }

    private func checkOff(_ off: Item, isAlone: Bool, _ first: Item, _ realm: RealmSettings) {
        if off.values.count > 1 {
            log.error("E208", off.values[1].word.position, "off takes no value")
        }
        if !isAlone { log.error("E204", first.position, "login_limit is off, and limits besides") }
        let isOpen =
            settings.users.indices.contains(realm.users) && settings.users[realm.users].register == .open
        log.warning(
            isOpen ? "W507" : "W516", off.position, "passwords can be guessed as fast as they are hashed",
            ["login_limit 10/5m per account_ip"])
    }

    /// The limits of a route.
    func limits(_ block: Block) -> [RouteLimitSettings] {
        block.all("limit").compactMap { item in
            guard let (rate, word) = rate(item, unit: "limit 20/s burst 40 per user") else { return nil }
            guard let subject = RouteLimitSettings.Subject(rawValue: word.text) else {
                _ = reader.unknownOption(word, RouteLimitSettings.Subject.allCases.map(\.rawValue))
                return nil
            }
            var burst = rate.count
            let words = item.values.dropFirst().dropLast(2).map(\.word)
            if !words.isEmpty {
                guard words.count == 2, words[0].text == "burst" else {
                    _ = reader.unknownOption(words[0], ["burst", "per"])
                    return nil
                }
                guard let number = Number.digits(words[1].bytes), 1...1_000_000 ~= number else {
                    _ = reader.wrong(words[1], "a number from 1 to 1000000")
                    return nil
                }
                burst = number
            }
            return RouteLimitSettings(rate: rate, burst: burst, subject: subject)
        }
    }

    /// The rate at the beginning and the word behind `per` at the end; nil: it was reported.
    private func rate(_ item: Item, unit example: String) -> (Rate, Word)? {
        let words = item.values.map(\.word)
        guard let rate = Number.rate(words[0].bytes), rate.count <= 1_000_000, rate.window <= 30 * Limit.day
        else {
            _ = reader.wrong(words[0], "a rate: 10/5m 20/s 1000/h")
            return nil
        }
        guard words.count >= 3, words[words.count - 2].text == "per" else {
            log.error("E202", item.position, "per what?", ["write: \(example)"])
            return nil
        }
        return (rate, words[words.count - 1])
    }
}
