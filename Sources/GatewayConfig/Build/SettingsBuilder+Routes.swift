extension SettingsBuilder {
    /// nil where there is no telling what the route is for.
    func route(_ item: Item, _ siteRealm: Int?) -> RouteSettings? {
        let access = access(item)
        let target = target(item, access)
        checkOptions(item)
        guard let pattern = (item.partial.first ?? nil)?.pattern, let access, let target else { return nil }
        var route = RouteSettings(pattern: pattern, target: target, access: access)
        route.line = item.position.line
        route.realm = siteRealm
        let block = item.block
        if let realm = block.value("realm")?.word { route.realm = resolve(realm, in: realms) }
        route.methods = methods(block)
        route.body = settings.limits.body
        block.set("body", &route.body)
        block.set("timeout", &route.timeout)
        block.set("idle_timeout", &route.idleTimeout)
        route.websocket = block.text("websocket") == "on"
        route.origins = block.first("origins")?.values.map(\.text) ?? []
        route.stripPrefix = block.text("strip_prefix")
        route.rewrite = block.text("rewrite")
        block.set("on_unauth", &route.onUnauthenticated)
        block.set("fresh", &route.fresh)
        route.encodedPaths = block.text("paths") == "encoded"
        route.setHeaders = headers(block)
        route.limits = limits(block)
        let realm = route.realm.flatMap { settings.realms.indices.contains($0) ? settings.realms[$0] : nil }
        route.csrf = block.text("csrf").map { $0 != "off" } ?? realm?.csrf ?? true
        checkPrefix(item, pattern)
        checkFresh(block, route)
        return route
    }

    private func access(_ item: Item) -> RouteSettings.Access? {
        guard item.partial.count >= 2 else { return nil }
        let values = item.partial.dropFirst(2)
        guard !values.contains(where: { $0 == nil }) else { return nil }
        let words = values.compactMap { $0?.word }
        guard let word = words.first else {
            var hints = ["say who may use it: public, optional, user, role NAME..., deny"]
            if let given = item.partial[1]?.word, Self.accessWords.contains(given.text) {
                hints = ["the upstream is missing: route PATTERN UPSTREAM \(given.text)"]
            }
            log.error("E207", item.position, "route has no access word", hints)
            return nil
        }
        if word.text == "role" { return role(word, Array(words.dropFirst())) }
        guard let access = Self.plainAccess[word.text] else {
            let near = word.isSecret ? nil : Suggestion.nearest(to: word.text, in: Self.accessWords)
            log.error(
                "E207", word.position, "\(word.shown) is no access word",
                [
                    near.map { "did you mean \(Printable.quoted($0))?" }
                        ?? "known are: \(Self.accessWords.joined(separator: " "))"
                ])
            return nil
        }
        guard words.count == 1 else {
            log.error("E208", words[1].position, "access \(word.text) takes no value")
            return nil
        }
        return access
    }

    private static let accessWords = ["public", "optional", "user", "role", "deny"]
    private static let plainAccess: [String: RouteSettings.Access] = [
        "public": .public, "optional": .optional, "user": .user, "deny": .deny,
    ]

    private func role(_ word: Word, _ names: [Word]) -> RouteSettings.Access? {
        guard !names.isEmpty else {
            log.error("E202", word.position, "role needs at least one name", ["write: role admin"])
            return nil
        }
        var seen: [String] = []
        for name in names {
            if !Name.isRole(name.bytes) {
                log.error(
                    "E304", name.position, "\(name.shown) is a role that nobody can have", [Name.roleForm])
            } else if seen.contains(name.text) {
                log.error("E204", name.position, "role \(name.shown) is given twice")
            } else {
                seen.append(name.text)
            }
        }
        return seen.count == names.count ? .role(seen) : nil
    }

    private func target(_ item: Item, _ access: RouteSettings.Access?) -> RouteSettings.Target? {
        guard item.partial.count >= 2, let word = item.partial[1]?.word else { return nil }
        let own = item.block.items.filter { ["respond", "redirect"].contains($0.rule.name) }
        if own.count > 1 {
            log.error("E305", own[1].position, "respond and redirect exclude each other")
            return nil
        }
        guard word.text == "-" else {
            if let answer = own.first {
                log.error(
                    "E305", answer.position, "\(answer.rule.name) needs \"-\" for the upstream",
                    ["route PATTERN - ACCESS { \(answer.rule.name) ... }"])
                return nil
            }
            // `route /x/* user`: the access word stands where the upstream belongs, and was reported.
            let isShifted = item.partial.count == 2 && Self.accessWords.contains(word.text)
            if isShifted, upstreams.index(of: word.text) == nil { return nil }
            return resolve(word, in: upstreams).map { .upstream($0) }
        }
        if let answer = own.first {
            return answer.rule.name == "respond" ? respond(answer) : redirect(answer)
        }
        if access == .deny { return RouteSettings.Target.none }
        if access != nil, !item.block.isBroken {
            log.error(
                "E305", word.position, "a route without an upstream needs respond or redirect",
                ["route PATTERN - ACCESS { redirect /new }"])
        }
        return nil
    }

    private func respond(_ item: Item) -> RouteSettings.Target? {
        guard let status = item.values.first?.number else { return nil }
        let text = item.values.count > 1 ? item.values[1] : nil
        if let text, [204, 205, 304].contains(status) {
            log.error("E208", text.word.position, "a \(status) has no content")
        }
        return .respond(status: status, text: text?.text)
    }

    private func redirect(_ item: Item) -> RouteSettings.Target? {
        guard let url = item.values.first else { return nil }
        let lower = url.text.lowercased()
        let isLocal = lower.hasPrefix("/") && !lower.hasPrefix("//")
        let isFull = ["http://", "https://"].contains {
            lower.hasPrefix($0) && lower.utf8.count > $0.utf8.count
        }
        guard isLocal || isFull else {
            _ = reader.wrong(url.word, "a path or an http or https URL")
            return nil
        }
        let status = item.values.count > 1 ? Number.digits(item.values[1].word.bytes) ?? 302 : 302
        return .redirect(location: url.text, status: status)
    }

    private func methods(_ block: Block) -> [String]? {
        guard let item = block.first("methods"), !item.values.isEmpty else { return nil }
        var methods: [String] = []
        for value in item.values {
            if methods.contains(value.text) {
                log.error("E204", value.word.position, "method \(value.text) is given twice")
            }
            methods.append(value.text)
        }
        if methods.contains("GET"), !methods.contains("HEAD") { methods.append("HEAD") }
        return methods
    }

    private func headers(_ block: Block) -> [RouteSettings.Header] {
        var seen: Set<String> = []
        let own = ownHeaders
        return block.all("set_header").map { item in
            let (name, value) = (item.values[0], item.values[1])
            let lower = name.text.lowercased()
            if let owner = own.first(where: { $0.header == lower }) {
                log.error("E204", name.word.position, "headers { \(owner.directive) } sets this one")
            } else if !seen.insert(lower).inserted {
                log.error("E204", name.word.position, "header \(name.word.shown) is set twice")
            }
            return RouteSettings.Header(name: name.text, value: value.text)
        }
    }

    private func checkOptions(_ item: Item) {
        let block = item.block
        if let rewrite = block.every("rewrite").first, block.names.contains("strip_prefix") {
            log.error("E305", rewrite.position, "rewrite and strip_prefix exclude each other")
        }
        if block.names.contains("websocket"), let methods = block.first("methods"),
            block.text("websocket") == "on", !methods.values.contains(where: { $0.text == "GET" }),
            !methods.values.isEmpty
        {
            log.error("E305", methods.position, "websocket on needs the method GET")
        }
    }

    /// Only where somebody has to be logged in can the login be too old.
    private func checkFresh(_ block: Block, _ route: RouteSettings) {
        guard route.fresh != nil, let position = block.first("fresh")?.position else { return }
        switch route.access {
        case .user, .role: return
        case .public, .optional, .deny:
            log.error("E305", position, "fresh needs access user or role")
        }
    }

    /// A prefix that the route's paths do not begin with would never be taken off.
    private func checkPrefix(_ item: Item, _ pattern: PathPattern) {
        guard let value = item.block.value("strip_prefix") else { return }
        let segments = value.text.utf8.dropFirst().split(separator: UInt8(ascii: "/")).map {
            PathPattern.Segment.literal(Array($0))
        }
        guard !pattern.segments.starts(with: segments) else { return }
        log.error(
            "E305", value.word.position,
            "no path of \(Printable.quoted(pattern.text)) begins with \(value.word.shown)")
    }
}
