/// What goes up and down, counted for the whole gateway.
public enum Gauge: Int, CaseIterable, Sendable {
    /// Open client connections.
    case connections
    /// Open WebSocket tunnels.
    case websockets
    /// Password hashes that run or wait.
    case hashJobs
    /// Connections of workers to Redis that stand.
    case redisConnections
}

/// What only ever grows.
public enum Counter: Int, CaseIterable, Sendable {
    /// Client connections accepted.
    case connections
    /// Client connections closed at once because of a limit.
    case connectionsRejected
    /// TLS handshakes of clients that failed.
    case tlsFailures
    /// Requests answered, or given up by their client before.
    case requests
    /// Requests refused as malformed, or because their head is too large or too slow.
    case badRequests
    /// Answers with a 5xx status of our own.
    case ownFailures
    /// Sessions looked up in Redis.
    case sessionChecks
    /// Session look-ups that Redis did not answer.
    case sessionsUnavailable
    /// Logins that succeeded.
    case logins
    /// Logins that failed.
    case loginFailures
    /// Logins and registrations turned away by a login limit or a ban.
    case loginsThrottled
    /// Requests turned away by the limit of a route.
    case rateLimited
    /// Tries at an upstream server that failed before or during an exchange; a kept connection that was found closed
    /// and replaced is none.
    case upstreamErrors
    /// Log lines dropped.
    case logLinesDropped
}
