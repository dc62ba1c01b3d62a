/// `timeouts`, in milliseconds.
public struct TimeoutSettings: Sendable, Equatable {
    /// From the connection to the end of the TLS handshake.
    public var tls = 10_000
    /// From a request's first byte to the end of its header.
    public var header = 10_000
    /// Without a byte of the body.
    public var bodyIdle = 30_000
    /// Without the client taking a byte.
    public var writeIdle = 30_000
    /// Between two requests.
    public var keepalive = 75_000
    /// Without a frame either way.
    public var websocketIdle = 300_000
    /// The defaults.
    public init() {}
}

/// `shutdown`, in milliseconds.
public struct ShutdownSettings: Sendable, Equatable {
    /// From the signal to the end of accepting.
    public var delay = 0
    /// From there to the end of everything.
    public var grace = 8_000
    /// The defaults.
    public init() {}
}
