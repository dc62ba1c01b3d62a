/// Where the values of one or two labels come from: the configuration or a closed list, never a client.
public enum MetricAxis: Sendable, Hashable, CaseIterable {
    // The configuration.
    case siteAndRoute, site, route, realm, upstream, server, listener
    // The processes.
    case worker
    // Closed lists.
    case method, code, upstreamCode, rejection, badRequest, sessionCheck, decision, sessionEnd, login
    case registration, redisCommand, redisError, upstreamError, connectionState, webSocketEnd, limitScope
    case hash, reload, proto
    // What only the master knows.
    case build, configuration, certificate

    var labels: [String] {
        switch self {
        case .siteAndRoute: ["site", "route"]
        case .site: ["site"]
        case .route: ["route"]
        case .realm: ["realm"]
        case .upstream: ["upstream"]
        case .server: ["upstream", "server"]
        case .listener: ["listener"]
        case .worker: ["worker"]
        case .method: ["method"]
        case .code, .upstreamCode: ["code"]
        case .rejection, .badRequest, .sessionEnd, .webSocketEnd: ["reason"]
        case .sessionCheck, .login, .registration, .reload: ["result"]
        case .decision: ["decision"]
        case .redisCommand: ["command"]
        case .redisError, .upstreamError: ["kind"]
        case .connectionState: ["state"]
        case .limitScope: ["scope"]
        case .hash: ["algorithm"]
        case .proto: ["proto"]
        case .build: ["version", "swift", "commit"]
        case .configuration: ["sha"]
        case .certificate: ["file"]
        }
    }

    /// The values of a closed list; nil for the others.
    var closedList: [String]? {
        switch self {
        case .method: Self.list(MethodLabel.self)
        case .code, .upstreamCode: StatusLabel.labels
        case .rejection: Self.list(RejectionLabel.self)
        case .badRequest: Self.list(BadRequestLabel.self)
        case .sessionCheck: Self.list(SessionCheckLabel.self)
        case .decision: Self.list(DecisionLabel.self)
        case .sessionEnd: Self.list(SessionEndLabel.self)
        case .login, .registration: Self.list(LoginLabel.self)
        case .redisCommand: Self.list(RedisCommandLabel.self)
        case .redisError: Self.list(RedisErrorLabel.self)
        case .upstreamError: Self.list(UpstreamErrorLabel.self)
        case .connectionState: Self.list(ConnectionStateLabel.self)
        case .webSocketEnd: Self.list(WebSocketEndLabel.self)
        case .limitScope: Self.list(LimitScopeLabel.self)
        case .hash: Self.list(HashLabel.self)
        case .reload: Self.list(ReloadLabel.self)
        case .proto: ["http/1.1"]
        default: nil
        }
    }

    private static func list<Label: MetricLabel>(_ type: Label.Type) -> [String] {
        type.allCases.map(\.label)
    }
}
