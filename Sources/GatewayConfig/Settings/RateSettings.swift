/// How often something may happen: `10/5m`, `20/s`.
public struct Rate: Sendable, Equatable {
    /// Times, at least 1.
    public var count: Int
    /// Milliseconds in which they may happen, at least 1.
    public var window: Int
    /// Its parts.
    public init(count: Int, window: Int) {
        self.count = count
        self.window = window
    }
}

/// One `login_limit`.
public struct LoginLimitSettings: Sendable, Equatable {
    /// What is counted together.
    public enum Subject: String, Sendable, CaseIterable {
        /// An account, a network (IPv4 address, IPv6 /64), or one account from one network.
        case account, ip, accountAndIP = "account_ip"
    }
    /// Failures allowed.
    public var rate: Rate
    /// What is counted together.
    public var subject: Subject
    /// Its parts.
    public init(rate: Rate, subject: Subject) {
        self.rate = rate
        self.subject = subject
    }

    /// Where the configuration does not say.
    public static let usual = [
        LoginLimitSettings(rate: Rate(count: 10, window: 300_000), subject: .accountAndIP),
        LoginLimitSettings(rate: Rate(count: 100, window: 300_000), subject: .ip),
    ]
}

/// One `limit` of a route: a bucket of tokens that fills at the rate.
public struct RouteLimitSettings: Sendable, Equatable {
    /// Who has a bucket; a request without a session counts by its network.
    public enum Subject: String, Sendable, CaseIterable { case user, ip, session }
    /// How fast requests may come in the long run.
    public var rate: Rate
    /// Requests that may come at once, at least 1.
    public var burst: Int
    /// Who has a bucket.
    public var subject: Subject
    /// Its parts.
    public init(rate: Rate, burst: Int, subject: Subject) {
        self.rate = rate
        self.burst = burst
        self.subject = subject
    }
}
