/// When failures of requests take a server out; times in milliseconds.
public struct PassiveHealthSettings: Sendable, Equatable {
    /// So many failures; 0 = off.
    public var failures = 3
    /// Within this time; as long, the server is out.
    public var window = 10_000
    /// The defaults.
    public init() {}
}

/// How a server is asked whether it is well; times in milliseconds.
public struct HealthCheckSettings: Sendable, Equatable {
    /// As it stands in the request.
    public var method: String
    /// Path and query of the request.
    public var target: String
    /// From one check to the next.
    public var every = 10_000
    /// For a connection and the head of the answer.
    public var timeout = 2_000
    /// Good answers in a row that bring a server back.
    public var rise = 2
    /// Failures in a row that take it out.
    public var fall = 3
    /// The status of a good answer.
    public var expect = 200...399
    /// The Host field; nil = the server's address.
    public var host: String?
    /// The defaults besides these.
    public init(method: String, target: String) {
        self.method = method
        self.target = target
    }
}
