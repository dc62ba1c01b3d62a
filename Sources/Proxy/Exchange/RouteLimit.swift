import GatewayConfig

/// A `limit` of a route as the hot path wants it.
struct RouteLimit {
    let settings: RouteLimitSettings
    /// Tells its buckets from those of other limits; the same in every worker, and after a reload that leaves it.
    let name: UInt64

    /// Limit number `index` of the route for `pattern` on the site of `host`.
    init(_ settings: RouteLimitSettings, index: Int, pattern: String, methods: [String]?, host: String) {
        self.settings = settings
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
