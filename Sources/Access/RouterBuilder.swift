import GatewayConfig

/// A site's part of the route table.
struct RouterSite: Sendable {
    let root: Int32
    /// Prefixes of our own endpoints, the longest first.
    var prefixes: [(bytes: [UInt8], realm: Int)] = []
    /// Realm for `/.well-known/change-password`.
    var realm: Int?
}

/// Puts the route table together.
struct RouterBuilder {
    private(set) var hosts = ByteTable()
    private(set) var hasSuffixes = false
    private(set) var anyHost: Int?
    private(set) var sites: [RouterSite] = []
    private(set) var trie = PathTrie()
    private(set) var patterns: [MethodTable] = []

    init(_ settings: Settings) {
        for (index, site) in settings.sites.enumerated() {
            for host in site.hosts { add(host: host, index) }
            add(site, settings.realms)
        }
    }

    private mutating func add(host: String, _ site: Int) {
        if host == "*" {
            anyHost = anyHost ?? site
        } else if host.hasPrefix("*.") {
            hasSuffixes = true
            _ = hosts.value(group: Router.hostSuffixes, Array(host.utf8.dropFirst())) { Int32(site) }
        } else {
            _ = hosts.value(group: Router.exactHosts, Array(host.utf8)) { Int32(site) }
        }
    }

    private mutating func add(_ settings: SiteSettings, _ realms: [RealmSettings]) {
        var site = RouterSite(root: trie.addRoot())
        for (index, route) in settings.routes.enumerated() {
            let next = Int32(patterns.count)
            let number = trie.number(of: route.pattern, under: site.root) { next }
            if number == next { patterns.append(MethodTable()) }
            patterns[Int(number)].add(route, index)
        }
        let used = ([settings.realm] + settings.routes.map(\.realm)).compactMap { $0 }
        for realm in used where !site.prefixes.contains(where: { $0.realm == realm }) {
            site.prefixes.append((Array(realms[realm].endpoints.utf8), realm))
        }
        site.realm = used.first
        site.prefixes.sort { $0.bytes.count > $1.bytes.count }
        sites.append(site)
    }
}
