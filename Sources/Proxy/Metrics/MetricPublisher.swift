import GatewayConfig
import Operations
import Redis
import Transport

/// Tells once a second, in the shared memory, what is not counted as it happens: how things stand, and what other
/// parts of the worker count for themselves.
final class MetricPublisher {
    private let region: MetricRegion
    private let loop: EventLoop
    private let redis: [RedisConnection]
    private let groups: [UpstreamGroup]
    private let lag: MetricCells
    private let busyRatio: MetricCells
    private let redisUp: MetricCells
    private let redisPending: MetricCells
    private let redisErrors: MetricCells
    private let redisReconnects: MetricCells
    private var busyBefore: Int64 = 0
    private var toldAt: Int64

    init(
        region: MetricRegion, worker: Int, loop: EventLoop, redis: [RedisConnection], groups: [UpstreamGroup]
    ) {
        self.region = region
        self.loop = loop
        self.redis = redis
        self.groups = groups
        lag = region.cells(.loopLag, worker)
        busyRatio = region.cells(.loopBusy, worker)
        redisUp = region.cells(.redisUp)
        redisPending = region.cells(.redisPending)
        redisErrors = region.cells(.redisErrors)
        redisReconnects = region.cells(.redisReconnects)
        toldAt = loop.nowMicroseconds
    }

    /// Tells everything.
    func publish() {
        publishLoad()
        publishRedis()
        publishLatencies()
        publishUpstreams()
        region.begin()
    }

    private func publishLoad() {
        let turns = loop.turns
        lag.set(turns)
        let passed = max(1, loop.nowMicroseconds - toldAt)
        busyRatio.set(UInt64(clamping: min(1_000_000, (turns.sum - busyBefore) * 1_000_000 / passed)))
        busyBefore = turns.sum
        toldAt = loop.nowMicroseconds
    }

    /// Whether Redis is there is told at once.
    func publishRedis() {
        redisUp.set(redis.allSatisfy(\.isReady) ? 1 : 0)
        redisPending.set(UInt64(clamping: redis.reduce(0) { $0 + $1.inFlight }))
        var errors = [Int](repeating: 0, count: RedisErrorLabel.allCases.count)
        var reconnects = 0
        for connection in redis {
            let statistics = connection.statistics
            errors[RedisErrorLabel.timeout.rawValue] += statistics.timeouts
            errors[RedisErrorLabel.closed.rawValue] += statistics.losses
            errors[RedisErrorLabel.mismatch.rawValue] += statistics.mismatches
            errors[RedisErrorLabel.protocol.rawValue] += statistics.violations - statistics.mismatches
            for refusal in RedisStatistics.Refusal.allCases {
                errors[Self.label(refusal).rawValue] += statistics.refusals[Int(refusal.rawValue)]
            }
            reconnects += max(0, statistics.connects - 1)
        }
        for (index, count) in errors.enumerated() { redisErrors.set(UInt64(clamping: count), at: index) }
        redisReconnects.set(UInt64(reconnects))
    }

    private static func label(_ refusal: RedisStatistics.Refusal) -> RedisErrorLabel {
        switch refusal {
        case .auth: .auth
        case .loading: .loading
        case .readonly: .readonly
        case .moved: .moved
        case .other: .other
        }
    }

    private func publishLatencies() {
        for kind in RedisCommandLabel.allCases {
            var counts = [UInt64](repeating: 0, count: DurationCounts.bounds.count + 1)
            var sum: Int64 = 0
            for connection in redis {
                let durations = connection.latencies[kind.rawValue]
                for index in counts.indices { counts[index] &+= durations.counts[index] }
                sum &+= durations.sum
            }
            let cells = region.cells(.redisDuration, kind.rawValue)
            for (index, count) in counts.enumerated() { cells.set(count, at: index) }
            cells.set(UInt64(clamping: sum), at: counts.count)
        }
    }

    private func publishUpstreams() {
        for (number, group) in groups.enumerated() {
            for place in group.settings.servers.indices { publishServer(group, number, place) }
            let waiting = group.servers.reduce(0) { $0 + $1.waitingCount }
            region.cells(.upstreamQueue, number).set(UInt64(clamping: waiting))
        }
    }

    /// A configured server is up if one of its addresses is; their connections are its own.
    private func publishServer(_ group: UpstreamGroup, _ number: Int, _ index: Int) {
        let place = region.layout.server(upstream: number, server: index)
        var isWell = false
        var active = 0
        var idle = 0
        for server in group.servers where server.place == index {
            isWell = isWell || server.isWell
            active += server.activeCount
            idle += server.connectionCount - server.activeCount
        }
        region.cells(.serverUp, place).set(isWell ? 1 : 0)
        let connections = region.cells(.upstreamConnections, place)
        connections.set(UInt64(clamping: active), at: ConnectionStateLabel.active.rawValue)
        connections.set(UInt64(clamping: idle), at: ConnectionStateLabel.idle.rawValue)
    }
}

extension MetricCells {
    /// Sets a histogram of `MetricBuckets.short`.
    fileprivate func set(_ durations: DurationCounts) {
        for index in durations.counts.indices { set(durations.counts[index], at: index) }
        set(UInt64(clamping: durations.sum), at: durations.counts.count)
    }
}
