/// `redis`.
public struct RedisSettings: Sendable, Equatable {
    /// Which Redis.
    public enum Server: Sendable, Equatable {
        /// Started and supervised by the master; unix socket under the state directory.
        case managed
        /// Somebody else's.
        case external(Endpoint)
    }
    /// Which Redis.
    public var server = Server.managed
    /// ACL user of the URL; nil = the default user.
    public var user: String?
    /// Password; nil = no AUTH.
    public var password: Secret?
    /// Number for SELECT.
    public var database = 0
    /// Milliseconds for a command.
    public var timeout = 250
    /// Milliseconds for a connection.
    public var connectTimeout = 1_000
    /// Connections of a worker.
    public var connections = 1
    /// First part of every key.
    public var prefix = "gw"
    /// `Retry-After` of a 503, in milliseconds; at least 1000.
    public var retryAfter = 2_000
    /// The defaults.
    public init() {}
}
