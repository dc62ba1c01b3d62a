/// One `upstream`; times in milliseconds.
public struct UpstreamSettings: Sendable, Equatable {
    /// Host header the servers get: the client's, the server's address, or a fixed one.
    public enum HostHeader: Sendable, Equatable { case preserve, upstream, fixed(String) }
    /// One `server`.
    public struct Server: Sendable, Equatable {
        /// Its address.
        public var endpoint: Endpoint
        /// Share of the requests, 1 to 1000.
        public var weight = 1
        /// Used only while no other answers.
        public var backup = false
        /// Whether connections to it speak TLS.
        public var tls = false
        /// The defaults besides this.
        public init(endpoint: Endpoint) { self.endpoint = endpoint }
    }
    /// Its name.
    public var name: String
    /// Never empty.
    public var servers: [Server] = []
    /// How servers with TLS are verified.
    public var tls = UpstreamTLSSettings()
    /// Which server serves next.
    public var balance = UpstreamBalance.leastConnections
    /// When failures take a server out.
    public var passive = PassiveHealthSettings()
    /// How servers are asked whether they are well; nil = not.
    public var health: HealthCheckSettings?
    /// Idle connections of a worker.
    public var keepalive = 64
    /// For a connection.
    public var connectTimeout = 1_000
    /// To the first byte of the response.
    public var responseTimeout = 30_000
    /// Life of an unused connection.
    public var idleTimeout = 60_000
    /// 0 = off.
    public var retry = 1
    /// Host header.
    public var host = HostHeader.preserve
    /// Per server and worker.
    public var maxConnections = 256
    /// The defaults besides this.
    public init(name: String) { self.name = name }
}

/// How an `upstream` spreads requests over its servers.
public enum UpstreamBalance: String, Sendable, Equatable, CaseIterable {
    /// Servers take turns by their weights.
    case roundRobin = "round_robin"
    /// The server with the fewest busy connections for its weight.
    case leastConnections = "least_conn"
    /// A user always gets the same server; who is not signed in is known by address.
    case hashUser = "hash_user"
    /// A client's address always gets the same server.
    case hashAddress = "hash_ip"
}
