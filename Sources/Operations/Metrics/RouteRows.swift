import GatewayConfig

/// The label values that come from the configuration, each combination once: two routes for different methods of one
/// pattern are one to the metrics.
struct RouteRows: Sendable {
    private var siteAndRoute: [[String]] = [["_", "_"]]
    private var patterns: [[String]] = []
    private var routeRows: [[Int]] = []
    private var patternRows: [[Int]] = []
    private var siteRows: [Int] = []
    private var endpointRows: [[Int]] = []
    /// The first server of each upstream among all servers.
    private(set) var firstServers: [Int] = []

    init(_ settings: Settings, limit: Int) {
        var rows = Collector(limit: limit, overflow: ["_", "_other"])
        var patterns = Collector(limit: limit, overflow: ["_other"])
        _ = rows.place(["_", "_"])
        for site in settings.sites {
            let name = site.hosts.first ?? "*"
            siteRows.append(rows.place([name, "_"]))
            routeRows.append(site.routes.map { rows.place([name, $0.pattern.text]) })
            patternRows.append(site.routes.map { patterns.place([$0.pattern.text]) })
            endpointRows.append(settings.realms.map { rows.place([name, $0.endpoints + "/*"]) })
        }
        siteAndRoute = rows.values
        self.patterns = patterns.values
        var server = 0
        for upstream in settings.upstreams {
            firstServers.append(server)
            server += upstream.servers.count
        }
    }

    func row(site: Int?, route: Int?) -> Int {
        guard let site else { return 0 }
        return route.map { routeRows[site][$0] } ?? siteRows[site]
    }

    func row(site: Int, realm: Int) -> Int { endpointRows[site][realm] }

    func pattern(site: Int, route: Int) -> Int { patternRows[site][route] }

    /// The values along an axis that the configuration gives.
    func values(_ axis: MetricAxis, _ settings: Settings, _ workers: Int) -> [[String]] {
        switch axis {
        case .siteAndRoute: siteAndRoute
        case .site: [["_"]] + settings.sites.map { [$0.hosts.first ?? "*"] }
        case .route: patterns
        case .realm: settings.realms.map { [$0.name] }
        case .upstream: settings.upstreams.map { [$0.name] }
        case .server:
            settings.upstreams.flatMap { upstream in
                upstream.servers.map { [upstream.name, $0.endpoint.metricLabel] }
            }
        case .listener: settings.listeners.map { [$0.endpoint.metricLabel] }
        case .worker: (0..<workers).map { ["\($0)"] }
        default: []
        }
    }

    /// Gives each value its place.
    private struct Collector {
        let limit: Int
        let overflow: [String]
        private(set) var values: [[String]] = []
        private var places: [[String]: Int] = [:]

        init(limit: Int, overflow: [String]) {
            self.limit = limit
            self.overflow = overflow
        }

        mutating func place(_ value: [String]) -> Int {
            if let place = places[value] { return place }
            if values.count >= limit, value != overflow { return place(overflow) }
            places[value] = values.count
            values.append(value)
            return values.count - 1
        }
    }
}

extension Endpoint {
    /// As in gateway.conf.
    var metricLabel: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        case .inherited(let name): "fd:\(name)"
        }
    }
}
