/// Everything that `/metrics` shows, in that order. What it means stands in `Metric+Definition`.
public enum Metric: Int, CaseIterable, Sendable {
    // The gateway.
    case buildInfo, startTime, configInfo, configReloads, configReloadSuccessful, configReloadTime, workers
    // Connections.
    case connectionsOpen, connections, connectionsRejected, tlsDuration, certificateEnd
    // Requests.
    case requests, requestDuration, requestsInFlight, requestBytes, responseBytes, badRequests, overhead
    // Sessions.
    case sessionChecks, authDecisions, sessionCheckDuration, sessionsCreated, sessionsEnded
    // Logins.
    case logins, registrations, hashDuration, hashQueue, hashRejected
    // Redis.
    case redisUp, redisConnections, redisPending, redisDuration, redisErrors, redisReconnects
    // Upstreams.
    case serverUp, upstreamConnections, upstreamQueue, upstreamResponses, upstreamErrors, upstreamRetries
    case connectDuration, firstByteDuration
    // WebSockets.
    case webSocketsOpen, webSocketsClosed
    case rateLimited
    // The process.
    case logDropped, loopLag, loopBusy
    case processCPU, processMemory, processOpenFiles, processMaxFiles, processStartTime
}

/// What a metric is.
public struct MetricDefinition: Sendable {
    /// What kind it is.
    public enum Kind: Sendable {
        case counter, gauge
        case histogram(MetricBuckets)
    }

    /// What the whole numbers behind it count.
    public enum Unit: Sendable { case one, microseconds, millionths }

    /// How the numbers of several workers become one.
    public enum Merge: Sendable { case sum, minimum }

    /// Its complete name.
    public let name: String
    /// What kind it is.
    public let kind: Kind
    /// Where its labels come from, in order.
    public let axes: [MetricAxis]
    /// What it says.
    public let help: String
    let unit: Unit
    let merge: Merge

    /// Names of its labels.
    public var labels: [String] { axes.flatMap(\.labels) }

    init(
        _ name: String, _ kind: Kind, _ axes: [MetricAxis] = [], unit: Unit = .one, merge: Merge = .sum,
        _ help: String
    ) {
        self.name = name.hasPrefix("process_") ? name : "gatehouse_" + name
        self.kind = kind
        self.axes = axes
        self.unit = unit
        self.merge = merge
        self.help = help
    }

    init(_ name: String, _ kind: Kind, _ help: String) { self.init(name, kind, [], help) }

    /// Cells of one series.
    var width: Int {
        if case .histogram(let buckets) = kind { buckets.width } else { 1 }
    }

    /// Whether what a worker leaves behind counts on.
    var isCumulative: Bool { if case .gauge = kind { false } else { true } }
}
