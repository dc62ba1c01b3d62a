import GatewayConfig
import Operations

/// A `limit` of a route as the hot path wants it.
struct RouteLimit {
    let settings: RouteLimitSettings
    /// Tells its buckets from those of other limits; the same in every worker, and after a reload that leaves it.
    let name: UInt64
    /// Counts whom it turns away.
    let meter: MetricCells

    /// Limit number `index` of the route for `pattern` on the site of `host`.
    init(
        _ settings: RouteLimitSettings, index: Int, pattern: String, methods: [String]?, host: String,
        meter: MetricCells
    ) {
        self.settings = settings
        let scope: LimitScopeLabel =
            switch settings.subject {
            case .ip: .address
            case .user: .user
            case .session: .session
            }
        self.meter = meter.from(scope.rawValue)
        let parts = [
            host, pattern, methods?.joined(separator: ",") ?? "", "\(index)", settings.subject.rawValue,
            "\(settings.rate.count)/\(settings.rate.window)/\(settings.burst)",
        ]
        // FNV-1a: the configuration is nobody's attack.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in parts.joined(separator: "\u{0}").utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        name = hash
    }
}
