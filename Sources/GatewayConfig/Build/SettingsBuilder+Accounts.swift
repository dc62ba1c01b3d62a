extension SettingsBuilder {
    mutating func buildUsers() {
        for (name, item) in userSets.items {
            var users = UsersSettings(name: name)
            let block = item.block
            buildStore(block, &users)
            block.set("register", &users.register)
            buildRoles(block, &users)
            if let password = block.first("password") { buildPassword(password, &users) }
            if let hash = block.first("hash") { buildHash(hash, &users) }
            settings.users.append(users)
        }
        checkStores()
    }

    private func buildRoles(_ block: Block, _ users: inout UsersSettings) {
        for value in block.first("default_roles")?.values ?? [] {
            if users.defaultRoles.contains(value.text) {
                log.error("E204", value.word.position, "role \(value.word.shown) is given twice")
            }
            users.defaultRoles.append(value.text)
        }
    }

    private func checkStores() {
        var seen: [String: Int] = [:]
        for (index, users) in settings.users.enumerated() {
            let path: String
            switch users.store {
            case .sqlite(let file), .file(let file, _): path = file
            case .postgres: continue
            }
            guard !path.isEmpty else { continue }
            if let earlier = seen[path] {
                log.error(
                    "E204", userSets.items[index].item.block.first("store")?.values.last?.word.position,
                    "users \(users.name) and \(settings.users[earlier].name) are in one file")
            }
            seen[path] = index
        }
    }

    private func buildPassword(_ item: Item, _ users: inout UsersSettings) {
        var options = OptionReader(item, from: 0, log: log)
        while let option = options.next(["min", "max", "blocklist"]) {
            switch option.text {
            case "min": options.number(1...1_024, &users.passwordMin)
            case "max": options.number(1...1_024, &users.passwordMax)
            default: if let word = options.word() { users.passwordBlocklist = blocklist(word) }
            }
        }
        if users.passwordMin > users.passwordMax {
            log.error("E205", item.position, "password min is over its max")
        }
    }

    /// Read by whoever reads the configuration, and handed on with it.
    private func blocklist(_ word: Word) -> [UInt8]? {
        let path = FilePath.join(log.files[word.position.file].directory, word.text)
        switch source.read(path: path) {
        case .success(let bytes) where bytes.count <= Self.blocklistLimit: return bytes
        case .success:
            log.error(
                "E409", word.position, "the blocklist has over \(Number.sizeText(Self.blocklistLimit))",
                ["the first thousands of a list sorted by frequency are those that are tried"])
        case .failure(let error):
            let shown = word.isSecret ? secretPlaceholder : Printable.quoted(path)
            log.error("E409", word.position, "cannot read the blocklist \(shown): \(error.message)")
        }
        return nil
    }

    private static let blocklistLimit = 16 << 20

    private func buildHash(_ item: Item, _ users: inout UsersSettings) {
        let words = item.values.map(\.word)
        switch words[0].text {
        case "bcrypt" where words.count == 2:
            guard let cost = Number.digits(words[1].bytes), (4...20).contains(cost) else {
                _ = reader.wrong(words[1], "a cost from 4 to 20")
                return
            }
            users.hash = .bcrypt(cost: cost)
            if cost < 10 { warnWeak(words[1], "bcrypt 12") }
        case "argon2id" where words.count == 4: buildArgon(words, &users)
        case "bcrypt", "argon2id":
            log.error(
                words.count < 4 && words[0].text == "argon2id" ? "E202" : "E208", item.position,
                "hash \(words[0].text) with the wrong number of values",
                ["write: hash argon2id 19m 2 1, or: hash bcrypt 12"])
        default: _ = reader.unknownOption(words[0], ["argon2id", "bcrypt"])
        }
    }

    private func buildArgon(_ words: [Word], _ users: inout UsersSettings) {
        guard let passes = Number.digits(words[2].bytes), (1...100).contains(passes) else {
            _ = reader.wrong(words[2], "a number of passes from 1 to 100")
            return
        }
        guard let lanes = Number.digits(words[3].bytes), (1...64).contains(lanes) else {
            _ = reader.wrong(words[3], "a number of lanes from 1 to 64")
            return
        }
        // RFC 9106, section 3.1: at least 8 KiB a lane.
        let least = lanes * 8 << 10
        guard let memory = Number.size(words[1].bytes), (least...(4 << 30)).contains(memory) else {
            _ = reader.wrong(words[1], "an amount of memory from \(Number.sizeText(least)) to 4g")
            return
        }
        users.hash = .argon2id(memoryKiB: memory >> 10, passes: passes, lanes: lanes)
        if memory < 7 << 20 { warnWeak(words[1], "argon2id 19m 2 1") }
    }

    private func warnWeak(_ word: Word, _ advice: String) {
        log.warning(
            "W514", word.position, "password hashes this cheap are quickly guessed", ["hash \(advice)"])
    }

    mutating func buildRealms() {
        var cookies: [String: Int] = [:]
        for (index, (name, item)) in realms.items.enumerated() {
            let realm = realm(name, item.block)
            if let earlier = cookies[realm.cookie], !name.isEmpty, settings.realms[earlier].name != name {
                let position = item.block.value("cookie")?.word.position ?? item.position
                log.error(
                    "E204", position,
                    "realms \(settings.realms[earlier].name) and \(name) use the same cookie")
            }
            cookies[realm.cookie] = cookies[realm.cookie] ?? index
            settings.realms.append(realm)
        }
    }

    private func realm(_ name: String, _ block: Block) -> RealmSettings {
        var realm = RealmSettings(name: name)
        if let users = block.value("users")?.word { realm.users = resolve(users, in: userSets) ?? 0 }
        realm.endpoints = block.text("endpoints") ?? settings.endpoints
        if let sameSite = block.text("samesite") { realm.sameSite = sameSite == "strict" ? .strict : .lax }
        block.set("idle", &realm.idle)
        block.set("absolute", &realm.absolute)
        block.set("remember", &realm.remember)
        realm.bearer = block.text("bearer") == "on"
        if let path = block.text("after_login") { realm.afterLogin = path }
        realm.afterLogout = block.text("after_logout")
        buildCookie(block, &realm)
        if let limit = block.first("sessions_per_user") { buildSessionLimit(limit, &realm) }
        buildLoginLimits(block, &realm)
        realm.csrf = block.text("csrf") != "off"
        if let look = block.first("login_page") { realm.loginPage = loginPage(look.block) }
        checkLifetimes(block, realm)
        return realm
    }

    private func buildCookie(_ block: Block, _ realm: inout RealmSettings) {
        realm.cookieSecure = block.text("cookie_secure") != "off"
        realm.cookie = block.text("cookie") ?? (realm.cookieSecure ? "__Host-" : "") + realm.name
        if !realm.cookieSecure, let item = block.first("cookie_secure") {
            log.warning(
                "W513", item.position, "the session cookie also travels over plain http",
                ["anybody on the way can take the session over"])
        }
        guard let word = block.value("cookie")?.word else { return }
        let needsSecure = ["__host-", "__secure-"].contains { realm.cookie.lowercased().hasPrefix($0) }
        if needsSecure, !realm.cookieSecure {
            log.error(
                "E305", word.position, "browsers take a cookie of this name with cookie_secure on only")
        } else if realm.cookieSecure, !realm.cookie.hasPrefix("__Host-") {
            log.warning(
                "W515", word.position, "other hosts of the domain can overwrite a cookie without __Host-",
                ["cookie __Host-\(realm.name)"])
        }
    }

    private func buildSessionLimit(_ item: Item, _ realm: inout RealmSettings) {
        realm.sessionsPerUser = item.values[0].number ?? realm.sessionsPerUser
        let words = item.values.dropFirst().map(\.word)
        switch words.map(\.text) {
        case [], ["evict", "oldest"]: realm.sessionLimitPolicy = .evictOldest
        case ["reject"]: realm.sessionLimitPolicy = .reject
        case ["evict", "idle"]: realm.sessionLimitPolicy = .evictIdle
        case ["evict"]:
            log.error("E202", words[0].position, "evict whom?", ["write: evict oldest, or evict idle"])
        default:
            let isKnown = ["evict", "reject"].contains(words[0].text)
            if isKnown, words[0].text == "reject" {
                log.error("E208", words[1].position, "reject takes no value")
            } else {
                _ = reader.unknownOption(
                    words[isKnown ? 1 : 0], isKnown ? ["oldest", "idle"] : ["reject", "evict"])
            }
        }
    }

    private func checkLifetimes(_ block: Block, _ realm: RealmSettings) {
        if let remember = realm.remember, remember <= realm.absolute {
            log.warning(
                "W504", block.value("remember")?.word.position,
                "remember \(Number.durationText(remember)) lasts no longer than any other session: "
                    + "absolute is \(Number.durationText(realm.absolute))")
        }
        guard realm.idle >= realm.absolute else { return }
        let position = (block.value("idle") ?? block.value("absolute"))?.word.position
        let (idle, absolute) = (Number.durationText(realm.idle), Number.durationText(realm.absolute))
        log.warning(
            "W504", position, "idle \(idle) never ends a session: absolute \(absolute) is not longer")
    }
}
