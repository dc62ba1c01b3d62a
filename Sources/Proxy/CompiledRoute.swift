import Access
import GatewayConfig
import Operations

/// A route as the hot path wants it.
final class CompiledRoute {
    enum Target {
        case upstream(UpstreamGroup)
        case respond(status: Int, text: String?)
        case redirect(location: String, status: Int)
        case none
    }

    let settings: RouteSettings
    let target: Target
    /// The target where it is an upstream.
    let group: Fixed<UpstreamGroup>?
    let realm: Fixed<Realm>?
    let access: AccessRule
    /// `user`, to an upstream: a session is all it takes.
    let isPlainUser: Bool
    /// Milliseconds since the login within which it counts here; nil = any login does.
    let fresh: Int64?
    /// Names that `set_header` sets, which are therefore not the client's; nil = none.
    let setNames: ProtectedNames?
    /// `set_header` lines, complete.
    let headerLines: [[UInt8]]
    let stripPrefix: [UInt8]?
    let rewrite: [UInt8]?
    /// Segments that `rewrite` alone replaces: the pattern's directory, or everything.
    let rewriteSegments: Int
    let rewritesPath: Bool
    let limits: [RouteLimit]
    let hasLimits: Bool
    /// Its site and itself in the access log.
    let logFields: FixedBytes

    /// What it counts.
    let meter: RouteMeter
    /// Its open WebSockets.
    let webSockets: MetricCells

    /// Route number `index` of site number `site`.
    init(
        _ settings: RouteSettings, host: String, realms: [Realm], groups: [UpstreamGroup],
        metrics: MetricRegion, site: Int, index: Int
    ) {
        self.settings = settings
        let layout = metrics.layout
        let pattern = layout.pattern(site: site, route: index)
        meter = RouteMeter(metrics, row: layout.row(site: site, route: index))
        webSockets = metrics.cells(.webSocketsOpen, pattern)
        realm = settings.realm.map { Fixed(realms[$0]) }
        access = AccessRule(settings)
        setNames = settings.setHeaders.isEmpty ? nil : ProtectedNames(settings.setHeaders.map(\.name))
        headerLines = settings.setHeaders.map { Array("\($0.name): \($0.value)\r\n".utf8) }
        stripPrefix = settings.stripPrefix.map { Array($0.utf8) }
        rewrite = settings.rewrite.map { Array($0.utf8) }
        rewritesPath = stripPrefix != nil || rewrite != nil
        rewriteSegments =
            rewrite == nil ? 0 : (settings.pattern.matchesBelow ? settings.pattern.segments.count : .max)
        switch settings.target {
        case .upstream(let index): target = .upstream(groups[index])
        case .respond(let status, let text): target = .respond(status: status, text: text)
        case .redirect(let location, let status): target = .redirect(location: location, status: status)
        case .none: target = .none
        }
        if case .upstream(let index) = settings.target { group = Fixed(groups[index]) } else { group = nil }
        isPlainUser = settings.access == .user && settings.fresh == nil
        fresh = settings.fresh.map { Int64($0) }
        limits = settings.limits.enumerated().map {
            RouteLimit(
                $1, index: $0, pattern: settings.pattern.text, methods: settings.methods, host: host,
                meter: metrics.cells(.rateLimited, pattern))
        }
        hasLimits = !limits.isEmpty
        logFields = FixedBytes(logFields: [("site", host), ("route", settings.pattern.text)])
    }
}

/// A site's routes, by the router's index.
final class CompiledSite {
    let index: Int
    let name: String
    let routes: [CompiledRoute]
    /// The same, for the hot path.
    let fixedRoutes: [Fixed<CompiledRoute>]
    /// Some route takes `%2F` and `;`: the path is canonicalised laxly first, and again strictly for the others.
    let allowsEncodedPaths: Bool
    /// The realm of the site's own pages where a route does not say.
    let realm: Realm?
    /// Itself in the access log, where no route was found.
    let logFields: FixedBytes
    /// The line that tells browsers to use https only; nil = off.
    let hstsLine: FixedBytes?

    /// What is counted of requests for none of its routes.
    let meter: RouteMeter
    /// What is counted of the endpoints of each realm.
    let endpointMeters: [RouteMeter]
    /// Requests under way.
    let inFlight: MetricCells

    init(
        _ settings: SiteSettings, index: Int, realms: [Realm], groups: [UpstreamGroup], metrics: MetricRegion
    ) {
        self.index = index
        let layout = metrics.layout
        meter = RouteMeter(metrics, row: layout.row(site: index, route: nil))
        endpointMeters = realms.map { RouteMeter(metrics, row: layout.row(site: index, realm: $0.index)) }
        inFlight = metrics.cells(.requestsInFlight, layout.site(index))
        let host = settings.hosts.first ?? "*"
        name = host
        routes = settings.routes.enumerated().map {
            CompiledRoute(
                $1, host: host, realms: realms, groups: groups, metrics: metrics, site: index, index: $0)
        }
        fixedRoutes = routes.map { Fixed($0) }
        allowsEncodedPaths = settings.routes.contains { $0.encodedPaths }
        realm = settings.realm.map { realms[$0] }
        logFields = FixedBytes(logFields: [("site", host)])
        hstsLine = settings.hsts.map {
            FixedBytes(Array("Strict-Transport-Security: max-age=\($0)\r\n".utf8))
        }
    }
}
