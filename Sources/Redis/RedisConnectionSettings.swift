/// Where the server is and how it is to be treated.
public struct RedisConnectionSettings: Sendable {
    /// How the server is reached.
    public enum Address: Sendable, Equatable {
        /// Host name or literal address, and port.
        case tcp(host: String, port: UInt16)
        /// Path of a unix socket.
        case unix(path: String)
    }
    /// Where it is.
    public var address: Address
    /// ACL user; nil = the default one.
    public var user: [UInt8]?
    /// Database number.
    public var database = 0
    /// Milliseconds that a call may take.
    public var timeout = 250
    /// Milliseconds from the start of an attempt to connect until the server has answered the greeting.
    public var connectTimeout = 1_000
    /// Most calls that wait for their reply, those included whose caller has given up.
    public var inFlightLimit = 10_000
    /// Milliseconds without a call after which the connection is tried.
    public var idleProbe = 10_000

    /// Settings with their usual values.
    public init(address: Address) { self.address = address }
}

/// Commands that the statistics tell apart.
public enum RedisCommandKind: UInt8, Sendable {
    /// The check of a session.
    case get
    /// A script.
    case eval
    case other
}

/// What happened to a connection, for the log.
public enum RedisEvent: Sendable, Equatable, CustomStringConvertible {
    /// It is up, and the server answers.
    case connected
    /// It was up and is not any more.
    case lost(String)
    /// It could not be made. Told once, until the reason changes or it is up again.
    case unreachable(String)

    /// One line.
    public var description: String {
        switch self {
        case .connected: "connected to Redis"
        case .lost(let reason): "lost the connection to Redis: \(reason)"
        case .unreachable(let reason): "cannot reach Redis: \(reason)"
        }
    }
}

/// What a connection has done since it was made.
public struct RedisStatistics: Sendable, Equatable {
    /// Why a server does not serve, as it says itself.
    public enum Refusal: UInt8, Sendable, CaseIterable { case auth, loading, readonly, moved, other }

    /// Calls accepted.
    public var calls = 0
    /// Calls refused at once, for want of a connection or of room.
    public var rejected = 0
    /// Calls that got no reply in time.
    public var timeouts = 0
    /// Replies that came after their call had ended, and were dropped.
    public var lateReplies = 0
    /// Calls sent again on a new connection.
    public var resent = 0
    /// Times the connection was made.
    public var connects = 0
    /// Times it was lost.
    public var losses = 0
    /// Times it was cut because replies were out of step or not of the protocol.
    public var violations = 0
    /// Those of them in which a reply did not fit the call it came for.
    public var mismatches = 0
    /// What the server said instead of serving, by `Refusal`.
    public var refusals = [Int](repeating: 0, count: Refusal.allCases.count)

    /// All zero.
    public init() {}
}
