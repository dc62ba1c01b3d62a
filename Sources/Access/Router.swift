public import GatewayConfig

/// The route table: host to site, path and method to route. Built once from valid settings; a lookup allocates
/// nothing and costs the same with a thousand routes as with one.
public final class Router: Sendable {
    static let exactHosts: Int32 = 0
    static let hostSuffixes: Int32 = 1
    private static let changePassword = "/.well-known/change-password"
    private static let absent =
        "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200"

    private let hosts: ByteTable
    private let hasSuffixes: Bool
    private let anyHost: Int?
    private let sites: [RouterSite]
    private let trie: PathTrie
    private let patterns: [MethodTable]
    private let prefixes: [RouterPrefix]
    private let prefixBytes: [UInt8]
    /// Of each pattern the route that takes every method, where there is no other; else -1.
    private let onlyRoutes: [Int]

    /// Builds the table. Where the settings say something twice, the first counts.
    public init(_ settings: Settings) {
        let builder = RouterBuilder(settings)
        hosts = builder.hosts
        hasSuffixes = builder.hasSuffixes
        anyHost = builder.anyHost
        sites = builder.sites
        trie = builder.trie
        patterns = builder.patterns
        prefixes = builder.prefixes
        prefixBytes = builder.prefixBytes
        onlyRoutes = builder.patterns.map(\.onlyRoute)
    }

    /// Site for a host: lower-case, without port and trailing dot. An exact name wins over `*.suffix` (of which
    /// the longest counts, for any number of labels below it), and that over `*`. nil: no site takes it.
    public func site(forHost host: Span<UInt8>) -> Int? {
        guard !hosts.isEmpty else { return anyHost }
        let all = 0..<host.count
        let exact = hosts.value(group: Self.exactHosts, host, all)
        if exact >= 0 { return Int(exact) }
        guard hasSuffixes else { return anyHost }
        // The dot itself belongs to the suffix; a name that starts with a dot has no label before it.
        for index in all where host[index] == UInt8(ascii: ".") && index > 0 {
            let suffix = hosts.value(group: Self.hostSuffixes, host, index..<host.count)
            if suffix >= 0 { return Int(suffix) }
        }
        return anyHost
    }

    /// Route for a request to `site`. `path` is canonical and without query. The path decides first and the
    /// method second: a method that the most specific pattern does not take never falls through to a laxer
    /// pattern. CONNECT and TRACE match no route.
    public func match(site: Int, method: Span<UInt8>, path: Span<UInt8>) -> RouteMatch {
        let pattern = trie.pattern(under: sites[site].root, for: path)
        guard pattern >= 0 else { return .notFound }
        let only = onlyRoutes[Int(pattern)]
        if only >= 0 && !MethodTable.isRefused(method) { return .route(only) }
        let route = patterns[Int(pattern)].route(for: method)
        return route >= 0 ? .route(route) : .methodNotAllowed(allow: patterns[Int(pattern)].allow)
    }

    /// What of the gateway's own a path of `site` names, matched on a segment boundary; nil: nothing, the route
    /// table decides.
    public func gatewayPath(site: Int, path: Span<UInt8>) -> GatewayPath? {
        for index in sites[site].prefixes {
            let prefix = prefixes[index]
            guard isBelow(path, prefix.text) else { continue }
            return .endpoint(realm: prefix.realm, rest: prefix.text.count..<path.count)
        }
        guard let realm = sites[site].realm else { return nil }
        if Bytes.equal(path, Self.changePassword) { return .changePassword(realm: realm) }
        return Bytes.equal(path, Self.absent) ? .absent : nil
    }

    /// Own prefixes mounted on `site`, each with its realm, the longest first.
    public func endpoints(site: Int) -> [(prefix: [UInt8], realm: Int)] {
        prefixes[sites[site].prefixes].map { (prefix: Array(prefixBytes[$0.text]), realm: $0.realm) }
    }

    /// Every route of `site` whose pattern matches `path`, the most specific first, whatever the method: what
    /// an explanation of a decision lists.
    public func candidates(site: Int, path: Span<UInt8>) -> [Int] {
        trie.patterns(under: sites[site].root, for: path).flatMap { patterns[Int($0)].routes }
    }

    private func isBelow(_ path: Span<UInt8>, _ prefix: Range<Int>) -> Bool {
        guard path.count >= prefix.count else { return false }
        // The byte after the prefix differs most cheaply from a path that merely shares its beginning.
        if path.count > prefix.count, path[prefix.count] != UInt8(ascii: "/") { return false }
        for index in 0..<prefix.count where path[index] != prefixBytes[prefix.lowerBound + index] {
            return false
        }
        return true
    }
}
