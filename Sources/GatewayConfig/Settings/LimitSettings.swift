/// `limits`; those of connections, WebSockets and the hash queue are of the whole gateway.
public struct LimitSettings: Sendable, Equatable {
    /// Client connections.
    public var connections = 10_000
    /// Client connections of one IPv4 address or IPv6 /64.
    public var connectionsPerAddress = 256
    /// Bytes of a request's header fields.
    public var headerSize = 16 << 10
    /// Header fields of a request.
    public var headerCount = 100
    /// Bytes of a request target.
    public var uri = 8 << 10
    /// nil = off.
    public var body: Int? = 10 << 20
    /// Bytes of a body for the gateway's own pages.
    public var formBody = 8 << 10
    /// WebSockets.
    public var websockets = 5_000
    /// nil = 4 x CPUs.
    public var hashQueue: Int?
    /// The defaults.
    public init() {}
}
