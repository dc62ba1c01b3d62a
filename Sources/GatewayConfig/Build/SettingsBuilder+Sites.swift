extension SettingsBuilder {
    mutating func buildSites() {
        var hosts: [String: Position] = [:]
        for item in top.every("site") {
            for value in item.partial.compactMap({ $0 }) {
                if let earlier = hosts[value.text] {
                    log.error(
                        "E204", value.word.position, "host \(value.word.shown) is given twice",
                        ["the first is in \(log.place(earlier, from: value.word.position))"])
                }
                hosts[value.text] = hosts[value.text] ?? value.word.position
            }
            settings.sites.append(site(item))
        }
    }

    private func site(_ item: Item) -> SiteSettings {
        var site = SiteSettings(hosts: item.partial.compactMap { $0?.text })
        let named = item.block.value("realm")?.word
        if let named {
            site.realm = resolve(named, in: realms)
        } else if realms.isOne {
            site.realm = 0
        }
        // Two steps: the optimiser of Swift 6.3 fails on a chain of them.
        let hsts = item.block.value("hsts")
        if let milliseconds = hsts?.number { site.hsts = (milliseconds + 999) / 1_000 }
        let items = item.block.every("route")
        let routes = items.map { route($0, site.realm) }
        for route in routes { if let route { site.routes.append(route) } }
        // Whoever asks for a realm that is not there has been told so.
        if site.realm == nil, !item.block.names.contains("realm") { checkRealm(item, zip(items, routes)) }
        checkPrefixes(item, site)
        checkTwice(zip(items, routes))
        checkCovered(zip(items, routes), site)
        return site
    }

    private func checkRealm(_ site: Item, _ routes: Zip2Sequence<[Item], [RouteSettings?]>) {
        guard !isIncomplete else { return }
        let open = routes.first { item, route in
            guard let route, route.realm == nil, !item.block.names.contains("realm") else { return false }
            return route.access != .public && route.access != .deny
        }
        guard let open else { return }
        let names = realms.names
        log.error(
            "E302", site.position, "the site has no realm, but a route that asks who the user is",
            [
                "the first such route is in \(log.place(open.0.position, from: site.position))",
                names.isEmpty
                    ? "define one: realm main { users ... }"
                    : "add one of: realm \(names.joined(separator: ", "))",
            ])
    }

    /// Every realm in use has its pages on the site.
    private func checkPrefixes(_ item: Item, _ site: SiteSettings) {
        let used =
            [(site.realm, item)]
            + item.block.every("route").map { route in
                (route.block.value("realm").flatMap { realms.index(of: $0.text) }, route)
            }
        var owners: [String: Int] = [:]
        for case (let realm?, let user) in used {
            let prefix = settings.realms[realm].endpoints
            if let owner = owners[prefix], owner != realm {
                let names = [owner, realm].map { settings.realms[$0].name }
                log.error(
                    "E306", user.block.value("realm")?.word.position ?? user.position,
                    "realms \(names[0]) and \(names[1]) both have their pages at \(prefix) on this site",
                    ["in realm \(names[1]): endpoints /_\(names[1])"])
                return
            }
            owners[prefix] = realm
        }
    }

    /// Same shape of path and a method in common: nobody could say which route counts.
    private func checkTwice(_ routes: Zip2Sequence<[Item], [RouteSettings?]>) {
        struct Shape: Hashable {
            let segments: [PathPattern.Segment]
            let matchesBelow: Bool
        }
        var seen: [Shape: [(methods: [String]?, position: Position)]] = [:]
        for (item, route) in routes {
            guard let route else { continue }
            let shape = Shape(segments: route.pattern.segments, matchesBelow: route.pattern.matchesBelow)
            let clash = seen[shape]?.first { Self.overlap($0.methods, route.methods) }
            if let clash {
                let what = route.methods == nil ? "" : " for a method"
                log.error(
                    "E209", item.position, "same route twice\(what): \(Printable.quoted(route.pattern.text))",
                    ["the first is in \(log.place(clash.position, from: item.position))"])
            }
            seen[shape, default: []].append((route.methods, item.position))
        }
    }

    /// A route with methods wins over one without, so these two do not clash.
    private static func overlap(_ left: [String]?, _ right: [String]?) -> Bool {
        guard let left, let right else { return left == nil && right == nil }
        return left.contains(where: right.contains)
    }

    /// Routes at and below a prefix of the gateway's own pages never see a request.
    private func checkCovered(_ routes: Zip2Sequence<[Item], [RouteSettings?]>, _ site: SiteSettings) {
        let used = Set(([site.realm] + site.routes.map(\.realm)).compactMap { $0 }).sorted()
        for (item, route) in routes {
            guard let route else { continue }
            checkStrict(item, route)
            for realm in used.map({ settings.realms[$0] })
            where Self.isCovered(route.pattern, realm.endpoints) {
                log.warning(
                    "W506", item.position,
                    "the gateway's own pages answer at \(realm.endpoints), not this route",
                    ["move them: endpoints PATH"])
                break
            }
            guard !used.isEmpty, route.pattern.text == "/.well-known/change-password" else { continue }
            log.warning("W505", item.position, "unreachable route: the gateway answers here itself")
        }
    }

    /// Requests for what only `paths encoded` lets through are refused.
    private func checkStrict(_ item: Item, _ route: RouteSettings) {
        guard !route.encodedPaths, let word = item.partial.first??.word else { return }
        let odds: [StaticString] = ["%2F", ";", "%3B"]
        let odd = odds.first { odd in
            route.pattern.segments.contains { segment in
                guard case .literal(let bytes) = segment else { return false }
                return bytes[...].firstOffset(of: odd) != nil
            }
        }
        guard let odd else { return }
        log.warning(
            "W505", word.position, "unreachable route: requests with \"\(odd)\" in their path are refused",
            ["to let them through here: paths encoded"])
    }

    private static func isCovered(_ pattern: PathPattern, _ prefix: String) -> Bool {
        let segments = prefix.utf8.dropFirst().split(separator: UInt8(ascii: "/")).map {
            PathPattern.Segment.literal(Array($0))
        }
        return pattern.segments.starts(with: segments)
    }
}
