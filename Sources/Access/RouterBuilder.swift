import GatewayConfig

/// A site's part of the route table. Like all of it without references, which would be counted at each look.
struct RouterSite: Sendable {
    let root: Int32
    /// Its part of the table's prefixes.
    var prefixes = 0..<0
    /// Realm for `/.well-known/change-password`.
    var realm: Int?
}

/// Where a realm's endpoints are mounted.
struct RouterPrefix: Sendable {
    /// Place in the table's prefix bytes.
    let text: Range<Int>
    let realm: Int
}

/// Puts the route table together.
struct RouterBuilder {
    private(set) var hosts = ByteTable()
    private(set) var hasSuffixes = false
    private(set) var anyHost: Int?
    private(set) var sites: [RouterSite] = []
    /// Of each site the longest first.
    private(set) var prefixes: [RouterPrefix] = []
    private(set) var prefixBytes: [UInt8] = []
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
        site.realm = used.first
        let start = prefixes.count
        for realm in used where !prefixes[start...].contains(where: { $0.realm == realm }) {
            let first = prefixBytes.count
            prefixBytes += realms[realm].endpoints.utf8
            prefixes.append(RouterPrefix(text: first..<prefixBytes.count, realm: realm))
        }
        prefixes[start...].sort { $0.text.count > $1.text.count }
        site.prefixes = start..<prefixes.count
        sites.append(site)
    }
}
