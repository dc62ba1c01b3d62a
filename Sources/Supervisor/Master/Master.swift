public import GatewayConfig
import Glibc
import Operations
import Transport

/// What the master process is to do.
public struct MasterOptions {
    /// Where the configuration comes from.
    public var provider: any ConfigurationProvider
    /// Called once, when the configuration is good and the state directory is this process's, before anything
    /// serves.
    public var onPrepared: (Settings, String) throws(ExitFailure) -> Void = { _, _ throws(ExitFailure) in }
    /// Whether the start fails, with status 69, if Redis cannot be reached.
    public var requiresRedis = false
    /// Whether the configuration is read again by itself when one of its files changes.
    public var watchesFiles = false
    /// Commands of this program, with their arguments, that run beside the workers.
    public var companions: [[String]] = []
    /// Whether another program can take over with the same command line.
    public var isUpgradable = true
    /// Called once, when the first workers serve.
    public var onServing: () -> Void = {}

    /// Options for `provider`.
    public init(provider: any ConfigurationProvider) { self.provider = provider }
}

/// The process that starts the others and keeps them going. It reads the configuration, opens what is shared,
/// watches over workers and the private Redis, answers the admin socket; and touches no user's traffic.
public final class Master {
    let options: MasterOptions
    let loop: EventLoop
    let log: ProcessLog
    /// Where the configuration at work wants it.
    var audit: AuditLog
    var auditSettings: LogSettings
    /// The latest command that was told to the audit log; what it reports piece by piece is one command.
    var auditedCommand: (pid: Int32, argv: [UInt8])?
    /// Names of the keys in use.
    var keyIDs: [String] = []
    let state: StateDirectory
    let counters: SharedCounters
    let inherited: InheritedSockets
    let listeners: ListenerSet
    let service: ServiceManager
    var heartbeat = Heartbeat()
    let startedAt: Int64
    var fleet = Fleet()
    /// By their number in the fleet.
    var workers: [Int: WorkerProcess] = [:]
    /// Those of which a worker lives, or is to start.
    var generations: [Int: Generation] = [:]
    /// The number of the latest attempt.
    var latestGeneration = 0
    /// Ready to come up, but for Redis.
    var waitingForRedis: Generation?
    var redis: ManagedRedis?
    var companions: [Companion] = []
    /// Old workers that may still accept; the reload is over when they have said that they do not.
    var handingOver: Set<Int> = []
    /// The generation that has taken over and whose verdict is still to be told.
    var switched: Int?
    /// What a worker said that gave up because it cannot reach Redis.
    var redisTrouble: String?
    var reloads = ReloadQueue()
    /// The files of the configuration, where they are watched.
    var watch = FileWatch()
    /// From what the keys of TLS session tickets are made, the same for every generation.
    var ticketSecret: TicketSecret
    var reloadReport = ""
    /// The reload that is under way found every file as it was loaded before: where a container has a file mounted by
    /// itself, an editor's new one never gets there.
    var isReloadOfTheSame = false
    var lastReload: (verdict: ReloadVerdict, at: Int64)?
    var stopPhase = StopPhase.running
    var exitStatus = ExitStatus.success
    var admin: PlainServer?
    /// Its listening sockets by their path; the server's.
    var adminSockets: [String: Int32] = [:]
    /// Who waits for a verdict there, and whether as text.
    var clients: [Int: (exchange: PlainExchange, asText: Bool)] = [:]
    var lastClient = 0
    /// What is to take this program's place.
    var upgrade = UpgradeState()
    /// Where everybody may read who gets there.
    var readOnlyAdmin: PlainServer?
    /// What workers counted that are gone.
    var metricTotals = MetricTotals()
    /// The latest answer to who asked for the metrics.
    var scrape: (at: Int64, answer: PlainResponse)?
    /// How reloads have ended, in the order of `ReloadLabel`.
    var reloadCounts = [UInt64](repeating: 0, count: ReloadLabel.allCases.count)
    /// Milliseconds since 1970.
    let startedAtWall: Int64
    private(set) var timers: MasterTimers?
    private var signals: SignalSource?

    /// Runs a gateway until it is told to end.
    ///
    /// - Returns: The exit status. What went wrong has been written to standard error.
    public static func run(_ options: MasterOptions) -> Int32 {
        blockSignals()
        do throws(ExitFailure) {
            if let handover = try takeHandover() { return try resume(options, handover) }
            let reading = options.provider.read()
            if !reading.report.isEmpty { StandardError.write(reading.report) }
            guard let settings = reading.settings else {
                let wrong = reading.isForbidden ? ExitStatus.notPermitted : ExitStatus.configuration
                let status = reading.isUnreadable ? ExitStatus.noInput : wrong
                throw ExitFailure(status: status, message: reading.isUnreadable ? reading.summary : "")
            }
            let state = try StateDirectory(path: settings.stateDirectory ?? "state")
            defer { state.markFinished() }
            FileLimit.raise()
            let master = try Master(options, settings, state)
            master.watch.follow(reading.files)
            return try master.serve(reading)
        } catch {
            if !error.message.isEmpty { StandardError.write("gatehouse: \(error.message)\n") }
            return error.status
        }
    }

    private static let signals = [SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2, SIGCHLD]

    /// One that comes during the start waits for the loop.
    private static func blockSignals() {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in signals { sigaddset(&set, signal) }
        pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    init(
        _ options: MasterOptions, _ settings: Settings, _ state: StateDirectory, _ handover: Handover? = nil
    ) throws(ExitFailure) {
        self.options = options
        self.state = state
        do throws(SystemError) { loop = try EventLoop() } catch {
            throw ExitFailure(status: ExitStatus.failure, message: "\(error)")
        }
        do throws(LogFailure) {
            log = ProcessLog(
                try LogWriter(.standardError, capacity: 256 << 10), format: settings.log.format,
                level: settings.log.level, process: "master")
            audit = try AuditLog(settings.log)
            auditSettings = settings.log
        } catch {
            throw ExitFailure(
                status: ExitStatus.failure, message: "cannot log: \(SystemError.text(error.errno))")
        }
        inherited = InheritedSockets()
        // What was handed over is taken last: until then there is a way back.
        do throws(SystemError) {
            if let handover {
                counters = try handover.takeCounters()
            } else {
                counters = try SharedCounters()
            }
        } catch { throw ExitFailure(status: ExitStatus.failure, message: "\(error)") }
        let serving = handover?.configurations.first { $0.number == handover?.serving }
        if let kept = TicketSecret.inherited(serving?.snapshot) {
            ticketSecret = kept
        } else {
            do throws(TLSFailure) { ticketSecret = try TicketSecret(now: loop.wallNow) } catch {
                throw ExitFailure(status: ExitStatus.failure, message: "\(error)")
            }
        }
        listeners = ListenerSet(
            inherited: inherited, handedOver: serving == nil ? [] : settings.listeners,
            serving?.listeners ?? [])
        startedAt = handover?.startedAt ?? loop.now
        startedAtWall = loop.wallNow - (loop.now - startedAt)
        service = ServiceManager()
    }

    private func serve(_ reading: ConfigurationReading) throws(ExitFailure) -> Int32 {
        let generation = try prepare(reading, patience: state.wasAbandoned ? 3_000 : 0)
        try options.onPrepared(generation.settings, state.path)
        try watchSignals()
        try openAdmin(generation.settings)
        defer { closeAdmin() }
        log.notice(
            "starting",
            [
                "version": .text(Version.text), "config": .text(options.provider.path),
                "workers": .number(generation.workers), "state": .text(state.path),
            ])
        for name in listeners.unused(generation.settings.listeners) {
            log.warning("no listener takes a socket of the service manager", ["socket": "fd:\(name)"])
        }
        startCompanions()
        _ = reloads.request()
        try bringUp(generation)
        return runLoop()
    }

    /// Makes the loop hear of signals and deadlines.
    func watchSignals() throws(ExitFailure) {
        do throws(SystemError) {
            timers = MasterTimers(self)
            signals = try SignalSource(
                loop: loop, signals: Self.signals
            ) { [weak self] in self?.onSignal($0) }
        } catch { throw ExitFailure(status: ExitStatus.failure, message: "\(error)") }
    }

    /// Runs until all has ended; the exit status.
    func runLoop() -> Int32 {
        timers?.startTicking()
        loop.run()
        listeners.closeAll()
        for companion in companions { companion.stop() }
        log.notice("ended", ["status": .number(Int(exitStatus))])
        audit.flush(milliseconds: 500)
        log.finish()
        return exitStatus
    }

    private func startCompanions() {
        companions = options.companions.map { Companion(loop: loop, command: $0, log: log) }
        for companion in companions { companion.start() }
    }

    private func onSignal(_ signal: Int32) {
        switch signal {
        case SIGCHLD: reapChildren()
        case SIGHUP: requestReload()
        case SIGUSR1: reopenLogs()
        case SIGUSR2: dump()
        default: onStopSignal()
        }
    }

    private func reopenLogs() {
        log.reopen()
        audit.reopen()
        for worker in workers.values { worker.channel.send(.reopenLogs) }
    }

    private func dump() {
        log.dump("state", [("state", .json(statusForLog()))])
        for worker in workers.values { worker.channel.send(.dump) }
    }
}
