import Accounts
import GatewayConfig
import Glibc
import Operations
import Redis
import Secrets
import Sessions
import Throttling
import Transport

/// A worker process: builds what the plan says, listens, and obeys the master.
final class WorkerProcess {
    /// How long a connection must have rested before a draining worker closes it (decision 3): a request may be on
    /// its way on a younger one.
    private var idleGraceMilliseconds = 2_000
    private static let sweepMilliseconds = 100

    let loop: EventLoop
    private(set) var status: Int32 = 0
    private let worker: Worker
    private let publisher: MetricPublisher
    private let log: ProcessLog
    private let accessWriter: LogWriter?
    private let audit: AuditLog
    private var acceptors: [Acceptor] = []
    /// One for each listener, in order.
    private let entrances: [Entrance]
    private var control: WorkerControl?
    /// At least one.
    private let redis: [RedisConnection]
    private let revocations: RevocationFeed
    private let helpers: HelperPool
    private let userFiles: UserFileWatch
    private lazy var tunnelDrain = TunnelDrain(worker: worker)
    private lazy var idleTimer = DeadlineTimer(self)
    private lazy var graceTimer = DeadlineTimer(self)
    private lazy var repeatTimer = DeadlineTimer(self)
    private lazy var startTimer = DeadlineTimer(self)
    /// Dropped log lines that are counted already.
    private var countedDrops = 0
    /// Why Redis is not reached.
    private var redisTrouble: String?
    /// Until this worker listens.
    private var pendingPlan: WorkerPlan?

    init(_ plan: WorkerPlan) throws {
        let settings = plan.settings
        loop = try EventLoop()
        let processWriter = try LogWriter(.standardError)
        log = ProcessLog(
            processWriter, format: settings.log.format, level: settings.log.level,
            process: "worker \(plan.workerIndex)")
        accessWriter = try Self.openAccessLog(settings.log)
        audit = try AuditLog(settings.log)
        let cpus = Int(clinuxCPUCount())
        let queue = settings.limits.hashQueue ?? 4 * cpus
        let threads = max(1, cpus / max(plan.workerCount, 1)) + 1
        helpers = try HelperPool(loop: loop, threads: threads, limit: queue + 64)
        let resolver = Resolver(pool: helpers)
        redis = RedisLinks.makeAll(settings.redis, plan.redisEndpoint, loop: loop, resolver: resolver)
        let keys = try KeyRing(plan.keys)
        let realms = try Self.makeRealms(
            settings, keys: keys, redis: redis, helpers: helpers, loop: loop, counters: plan.counters,
            metrics: plan.metrics,
            hashLimit: queue, log: log)
        userFiles = UserFileWatch(realms: realms, loop: loop, pool: helpers, log: log, audit: audit)
        worker = try Self.makeWorker(
            plan, loop: loop, resolver: resolver, realms: realms, keys: keys, log: log,
            access: accessWriter, audit: audit)
        entrances = try Self.makeEntrances(plan, worker: worker)
        revocations = RedisLinks.makeFeed(
            settings.redis, plan.redisEndpoint, loop: loop, resolver: resolver, realms: realms)
        publisher = MetricPublisher(
            region: plan.metrics, worker: plan.workerIndex, loop: loop, redis: redis, groups: worker.groups)
        worker.onDrained = { [weak self] in self?.loop.stop() }
        control = try WorkerControl(loop: loop, descriptor: plan.controlDescriptor, delegate: self)
        watchRedis(plan)
        for connection in redis { connection.start() }
        watchSessions()
        userFiles.start()
        for group in worker.groups { group.startChecks() }
        for realm in worker.realms {
            UserRecheck.start(realm, audit: audit)
            let ended = realm.meter.ended
            realm.sessions.onExpired = {
                ended.add(UInt64(clamping: $0), at: SessionEndLabel.expired.rawValue)
            }
        }
        loop.arm(repeatTimer, after: 1_000)
    }

    /// Accepts once it is known how things stand with Redis, or a second has passed: the first requests are not
    /// turned away just because the connection is still being made.
    private func watchRedis(_ plan: WorkerPlan) {
        let log = self.log
        let counters = plan.counters
        pendingPlan = plan
        for connection in redis {
            var isConnected = false
            connection.onEvent = { [weak self] event in
                switch event {
                case .connected: log.notice("connected to Redis")
                case .lost(let reason): log.warning("lost the connection to Redis", ["reason": .text(reason)])
                case .unreachable(let reason): log.error("cannot reach Redis", ["reason": .text(reason)])
                }
                if event == .connected, !isConnected {
                    _ = counters.acquire(.redisConnections, limit: .max)
                }
                if event != .connected, isConnected { counters.release(.redisConnections) }
                isConnected = event == .connected
                self?.publisher.publishRedis()
                self?.onRedis(event, requires: plan.requiresRedis)
            }
        }
        loop.arm(startTimer, after: plan.requiresRedis ? Self.redisPatience : 1_000)
    }

    /// Milliseconds that Redis may take where nothing is served without it.
    private static let redisPatience = 3_000

    private func onRedis(_ event: RedisEvent, requires isRequired: Bool) {
        if event == .connected || !isRequired { startServing() } else { redisTrouble = event.description }
    }

    /// The time to look for Redis is over.
    private func stopWaiting() {
        guard let plan = pendingPlan, plan.requiresRedis else {
            startServing()
            return
        }
        pendingPlan = nil
        control?.sendFailed(redisTrouble ?? "cannot reach Redis: no answer")
        status = WorkerPlan.unavailable
        loop.stop()
    }

    /// Hears of sessions that end. A worker that hears nothing serves all the same: it finds out by itself, only
    /// later.
    private func watchSessions() {
        let watch = worker.watch
        let log = self.log
        var isDeaf = false
        revocations.onRevoked = { [watch] realm, revocation in watch.note(revocation, realm: realm) }
        revocations.onListening = { [watch] in
            if isDeaf { log.notice("hears of ended sessions again") }
            isDeaf = false
            watch.recheckAll()
        }
        revocations.onDeaf = { reason in
            isDeaf = true
            log.warning("does not hear of ended sessions and looks for them", ["reason": .text(reason)])
        }
        watch.start()
        revocations.start()
    }

    private func startServing() {
        guard let plan = pendingPlan, !worker.isDraining else { return }
        pendingPlan = nil
        startTimer.disarm()
        do {
            try listen(plan)
            publisher.publish()
            control?.sendReady()
        } catch {
            control?.sendFailed("\(error)")
            status = 1
            loop.stop()
        }
    }

    private static func openAccessLog(_ settings: LogSettings) throws -> LogWriter? {
        settings.access == .off ? nil : try LogWriter(settings.requestDestination)
    }

    private static func makeRealms(
        _ settings: Settings, keys: KeyRing, redis: [RedisConnection], helpers: HelperPool, loop: EventLoop,
        counters: WorkerCounters, metrics: MetricRegion, hashLimit: Int, log: ProcessLog
    ) throws -> [Realm] {
        let desks = try settings.users.map { users in
            AccountsDesk(
                settings: users, accounts: try UserStores.accounts(users, log: log), pool: helpers,
                loop: loop,
                counters: counters, metrics: metrics, hashLimit: hashLimit,
                onTrouble: {
                    log.error("the user store failed", ["store": .text(users.name), "reason": .text($0)])
                })
        }
        return settings.realms.enumerated().map { index, realm in
            let sessions = SessionStore(
                redis: redis[0], further: Array(redis.dropFirst()), loop: loop,
                prefix: Array(settings.redis.prefix.utf8),
                realm: Array(realm.name.utf8), touchMilliseconds: settings.session.touch,
                limit: realm.sessionsPerUser, whenFull: realm.sessionLimitPolicy.policy)
            sessions.onAlarm = {
                log.error(
                    "critical: what Redis says about sessions cannot be trusted",
                    ["realm": .text(realm.name), "reason": .text($0)])
            }
            sessions.onRefused = {
                log.error("Redis refuses a command", ["realm": .text(realm.name), "reason": .text($0)])
            }
            return Realm(
                index: index, settings: realm, keys: keys, sessions: sessions,
                accounts: desks[realm.users],
                throttle: LoginThrottle(realm, settings.redis, redis: redis[0], loop: loop),
                registration: settings.users[realm.users].register,
                meter: RealmMeter(metrics, realm: index))
        }
    }

    private static func makeWorker(
        _ plan: WorkerPlan, loop: EventLoop, resolver: Resolver, realms: [Realm], keys: KeyRing,
        log: ProcessLog, access: LogWriter?, audit: AuditLog
    ) throws -> Worker {
        let settings = plan.settings
        let upstreamPool = BufferPool(blockSize: 64 << 10, limit: 64)
        var tls = UpstreamTLS()
        let groups = try settings.upstreams.enumerated().map {
            UpstreamGroup(
                settings: $1, tls: try tls.contexts($1), loop: loop, pool: upstreamPool, resolver: resolver,
                meter: UpstreamMeter(plan.metrics, upstream: $0), log: log)
        }
        let limits = settings.limits
        // A head of the largest size fits, with some room for a body behind it.
        let block = (limits.headerSize + limits.uri + 8191) / 4096 * 4096
        let isJSON = settings.log.format != .text && !(settings.log.format == .auto && isatty(1) == 1)
        return Worker(
            parts: WorkerParts(
                settings: settings, loop: loop, realms: realms, groups: groups, keys: keys,
                log: AccessLog(
                    settings: settings.log, writer: access, process: log, isJSON: isJSON),
                processLog: log, audit: audit, counters: plan.counters,
                metrics: plan.metrics, clientPool: BufferPool(blockSize: block, limit: 256)))
    }

    private static func makeEntrances(_ plan: WorkerPlan, worker: Worker) throws -> [Entrance] {
        let scratch = TLSScratch()
        let tickets = try plan.ticketSecret ?? TicketSecret(now: worker.loop.wallNow)
        return try plan.settings.listeners.enumerated().map {
            let entrance = try Entrance.make(
                $1, index: $0, worker: worker, tickets: tickets, scratch: scratch)
            entrance.redirectStatus = $1.redirect ?? 0
            entrance.proxyProtocol = $1.proxyProtocol
            return entrance
        }
    }

    private func listen(_ plan: WorkerPlan) throws {
        for (number, entrance) in zip(plan.listenerDescriptors, entrances) {
            Sockets.adopt(number)
            acceptors.append(
                try Acceptor(loop: loop, descriptor: FileDescriptor(number), receiver: entrance))
        }
        let secure = zip(acceptors, entrances).compactMap { $1.tls == nil ? nil : $0.address?.port }
        worker.securePort = secure.contains(443) ? 443 : secure.first { $0 != 0 } ?? 443
    }

    /// The end: what was logged is written.
    func finish() {
        revocations.close()
        worker.watch.stop()
        tunnelDrain.stop()
        publisher.publish()
        for connection in redis { connection.close() }
        _ = accessWriter?.flush(milliseconds: 500)
        audit.flush(milliseconds: 500)
        countDrops()
        log.finish(milliseconds: 500)
    }

    private func countDrops() {
        let dropped = log.dropped + audit.dropped + (accessWriter?.dropped ?? 0)
        worker.tally.count(.logLinesDropped, UInt64(max(0, dropped - countedDrops)))
        countedDrops = dropped
    }

    private func stopListening() {
        for acceptor in acceptors { acceptor.close() }
        acceptors = []
        userFiles.stop()
        for group in worker.groups { group.endChecks() }
    }
}

extension WorkerProcess: WorkerControlDelegate {
    /// Replaced by a newer generation: finish what runs, without a deadline.
    func onDrain() {
        stopListening()
        worker.drain()
        loop.arm(idleTimer, after: Self.sweepMilliseconds)
    }

    /// The gateway ends.
    func onTerminate(graceMilliseconds: Int) {
        stopListening()
        worker.drain()
        idleGraceMilliseconds = 200
        tunnelDrain.start(within: graceMilliseconds / 2)
        loop.arm(idleTimer, after: Self.sweepMilliseconds)
        loop.arm(graceTimer, after: graceMilliseconds)
    }

    func onReopenLogs() {
        accessWriter?.reopen()
        audit.reopen()
        log.reopen()
    }

    func onDump() {
        log.dump(
            "state",
            [
                ("connections", .number(worker.connectionCount)),
                ("redis_ready", .flag(redis.allSatisfy(\.isReady))),
                ("redis_in_flight", .number(redis.reduce(0) { $0 + $1.inFlight })),
                ("hears_of_ended_sessions", .flag(revocations.isListening)),
                ("draining", .flag(worker.isDraining)),
            ]
                + worker.groups.flatMap { group in
                    group.servers.map {
                        (
                            "upstream \(group.settings.name) \($0.label)",
                            .text("\($0.stateWord), \($0.connectionCount) connections")
                        )
                    }
                })
    }

    /// Nobody would restart or stop this worker any more.
    func onMasterGone() {
        log.error("the master process is gone; finishing what runs")
        onTerminate(graceMilliseconds: worker.settings.shutdown.grace)
    }
}

extension WorkerProcess: DeadlineReceiver {
    func onDeadline(_ timer: DeadlineTimer) {
        if timer === idleTimer {
            worker.closeIdleConnections(olderThan: idleGraceMilliseconds)
            loop.arm(idleTimer, after: Self.sweepMilliseconds)
        } else if timer === graceTimer {
            worker.cutAll()
            loop.stop()
        } else if timer === startTimer {
            stopWaiting()
        } else {
            log.flushRepeats()
            audit.reportDrops(to: log)
            countDrops()
            publisher.publish()
            loop.arm(repeatTimer, after: 1_000)
        }
    }
}
