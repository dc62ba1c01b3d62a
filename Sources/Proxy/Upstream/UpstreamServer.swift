import GatewayConfig
import Glibc
import Transport

/// One address of an upstream: its connections, idle ones for reuse, and the exchanges that wait for one.
final class UpstreamServer: ChoosableServer {
    /// How an exchange gets its connection.
    enum Acquisition {
        /// Connected, idle until now.
        case ready(UpstreamConnection)
        /// Connecting; `onUpstreamConnected` or `onUpstreamFailure` follows.
        case connecting(UpstreamConnection)
        /// Every connection is busy; a turn comes within a second or `onUpstreamQueueTimeout`.
        case queued
        /// Not even a socket could be had.
        case failed(UpstreamFault)
    }

    let settings: UpstreamSettings.Server
    /// Which of the group's configured servers it is, or is an address of.
    let place: Int
    /// Nil while its name is not known yet: requests wait for the first lookup.
    let address: SocketAddress?
    let label: String
    let weight: Int
    let seed: UInt64
    /// Its group and itself in the access log, and the beginning of what it answered.
    let logFields: FixedBytes
    private let group: UpstreamSettings
    private let tls: TLSClientContext?
    private let loop: EventLoop
    private let pool: BufferPool
    private let owner: Fixed<UpstreamGroup>
    var health: ServerHealth
    private var check: HealthCheck?
    /// Why there is no address.
    private var nameTrouble: String?
    /// No longer an address of its name: what runs is finished, nothing else begins.
    private(set) var isRetired = false
    private var idle: ContiguousArray<UpstreamConnection> = []
    private var waiting: [Exchange] = []
    /// Connections open or opening.
    private(set) var connectionCount = 0
    /// What its group owes it in turns.
    var credit = 0
    private var sweep: DeadlineTimer?

    private static let sweepMilliseconds = 5_000
    private static let queueLimit = 1024

    /// Server `place` of `owner`, or one `address` of it; `tls` is nil for a plain one.
    init(
        place: Int, address: SocketAddress?, tls: TLSClientContext?, owner: UpstreamGroup, loop: EventLoop,
        pool: BufferPool
    ) {
        self.place = place
        self.address = address
        self.tls = tls
        self.owner = Fixed(owner)
        self.loop = loop
        self.pool = pool
        group = owner.settings
        settings = group.servers[place]
        weight = settings.weight
        label = Self.label(settings.endpoint, address)
        seed = Array(label.utf8).withUnsafeBytes { ServerChoice.key($0) }
        health = ServerHealth(group.passive, group.health)
        logFields = FixedBytes(
            logFields: [("upstream", group.name), ("server", label)], then: ",\"upstream_status\":")
        if case .inherited = settings.endpoint { nameTrouble = "fd: is for listeners only" }
        if address == nil, case .unix = settings.endpoint { nameTrouble = "the path is too long" }
    }

    /// Connections that serve an exchange now.
    var activeCount: Int { connectionCount - idle.count }

    /// Exchanges that wait for a connection.
    var waitingCount: Int { waiting.count }

    // MARK: Giving and taking

    func acquire(for exchange: Exchange, fresh: Bool) -> Acquisition {
        if !fresh, let connection = idle.popLast() {
            connection.exchange = exchange
            return .ready(connection)
        }
        if let nameTrouble { return .failed(.noServer(nameTrouble)) }
        if connectionCount >= group.maxConnections || address == nil {
            guard waiting.count < Self.queueLimit else { return .failed(.overloaded) }
            waiting.append(exchange)
            return .queued
        }
        return connect(for: exchange)
    }

    private func connect(for exchange: Exchange) -> Acquisition {
        let connection = UpstreamConnection(server: self)
        do {
            connection.attach(try open())
        } catch {
            return .failed(error.isOwnShortage ? .overloaded : .connect(error.description))
        }
        connectionCount += 1
        connection.exchange = exchange
        return .connecting(connection)
    }

    /// A connection to it, for a request or a health check.
    func open() throws(SystemError) -> Stream {
        guard let address else { throw SystemError(call: "connect", code: EADDRNOTAVAIL) }
        if let tls { return try TLSStream(loop: loop, connectingTo: address, pool: pool, context: tls) }
        return try Stream(loop: loop, connectingTo: address, pool: pool)
    }

    /// An exchange is done with `connection`, cleanly: the next one may have it.
    func release(_ connection: UpstreamConnection) {
        connection.exchange = nil
        connection.isReused = true
        if isRetired {
            connection.discard()
            return
        }
        if let next = nextWaiting() {
            connection.exchange = next
            next.onUpstreamAcquired(connection)
            return
        }
        guard idle.count < group.keepalive else {
            connection.discard()
            return
        }
        connection.idleSince = loop.now
        idle.append(connection)
        armSweep()
    }

    /// An idle connection ended, or said something unasked.
    func removeIdle(_ connection: UpstreamConnection) {
        idle.removeAll { $0 === connection }
        connection.discard()
    }

    /// A connection is gone: its place may serve somebody who waits.
    func connectionClosed(_ connection: UpstreamConnection) {
        connectionCount -= 1
        serveWaiting()
    }

    /// The stream failed by itself.
    func connectionFailed(_ connection: UpstreamConnection) {
        idle.removeAll { $0 === connection }
        connectionCount -= 1
        serveWaiting()
    }

    /// `exchange` no longer wants a connection.
    func cancelWaiting(_ exchange: Exchange) {
        waiting.removeAll { $0 === exchange }
    }

    /// Closes idle connections; for the end of a drain.
    func closeIdle() {
        while let connection = idle.popLast() { connection.discard() }
    }

    private func nextWaiting() -> Exchange? {
        waiting.isEmpty ? nil : waiting.removeFirst()
    }

    private func serveWaiting() {
        guard address != nil, connectionCount < group.maxConnections, let next = nextWaiting() else {
            return
        }
        switch connect(for: next) {
        case .connecting(let connection): next.onUpstreamAcquired(connection)
        case .failed(let fault): next.onUpstreamUnavailable(fault)
        case .ready, .queued: break
        }
    }

    // MARK: Names

    /// The first lookup of its name failed: requests that wait for it, and those to come, are told.
    func nameFailed(_ reason: String) {
        guard address == nil else { return }
        nameTrouble = reason
        let waiting = self.waiting
        self.waiting = []
        for exchange in waiting { exchange.onUpstreamUnavailable(.noServer(reason)) }
    }

    /// No longer a server of its group: what runs is finished, what waits goes to the others.
    func retire() {
        isRetired = true
        endChecks()
        closeIdle()
        let waiting = self.waiting
        self.waiting = []
        for exchange in waiting { exchange.onUpstreamMoved() }
    }

    // MARK: Health

    /// Whether it is to get requests.
    var isUsable: Bool { isUsable(loop.now) }

    func isUsable(_ now: Int64) -> Bool { address != nil && health.isUsable(now) }

    /// Whether it is well, as far as anybody knows. The last server of a group gets requests even if it is not.
    var isWell: Bool { address != nil && !health.isTroubled }

    /// Its health as `status` and the log say it.
    var stateWord: String {
        if address == nil { return nameTrouble == nil ? "looking up" : "unknown name" }
        if health.isRefusedByChecks { return "failing its checks" }
        if health.isOut { return "out" }
        return health.isTroubled ? "failing" : "up"
    }

    /// It answered a request.
    @inline(__always)
    func noteAnswer() {
        if health.isTroubled { noteRecovery() }
    }

    private func noteRecovery() {
        tell(health.answered(loop.now), "it answered a request")
    }

    /// A request failed at it.
    func noteFailure(_ reason: String) {
        if address == nil { return }
        let mayLeave = owner.use { $0.hasOther(than: self) }
        tell(health.failed(loop.now, mayLeave: mayLeave), reason)
    }

    /// A health check is over.
    func noteCheck(isGood: Bool, _ reason: String) {
        tell(health.checked(isGood: isGood, loop.now), reason)
    }

    private func tell(_ change: ServerHealth.Change?, _ reason: String) {
        guard let change else { return }
        owner.use { $0.serverChanged(self, change, reason) }
    }

    func startChecks() {
        guard let settings = group.health, address != nil else { return }
        let check = HealthCheck(settings, server: self, host: checkHost, loop: loop)
        self.check = check
        check.start()
    }

    func endChecks() {
        check?.stop()
        check = nil
        health.endChecks()
    }

    private var checkHost: String {
        if case .fixed(let name) = group.host { return name }
        if case .unix = settings.endpoint { return "localhost" }
        return Self.label(settings.endpoint, nil)
    }

    // MARK: Idle connections

    private func armSweep() {
        let timer = sweep ?? DeadlineTimer(self)
        sweep = timer
        if !timer.isArmed { loop.arm(timer, after: Self.sweepMilliseconds) }
    }

    private func closeExpired() {
        let oldest = loop.now - Int64(group.idleTimeout)
        // The oldest stand first: connections leave and come back at the end.
        while let first = idle.first, first.idleSince <= oldest {
            idle.removeFirst()
            first.discard()
        }
        if !idle.isEmpty { armSweep() }
    }

    /// What is written in the configuration, or the address that a name has.
    static func label(_ endpoint: Endpoint, _ address: SocketAddress?) -> String {
        switch endpoint {
        case .tcp(let host, let port):
            if let address { return "\(address)" }
            return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): return "unix:\(path)"
        case .inherited(let name): return "fd:\(name)"
        }
    }
}

extension UpstreamServer: DeadlineReceiver {
    func onDeadline(_ timer: DeadlineTimer) {
        closeExpired()
    }
}

/// Why an origin could not serve.
enum UpstreamFault {
    /// No connection: refused, unreachable, unknown name. The text is for logs only.
    case connect(String)
    case connectTimeout
    /// Connected, but closed or reset before an answer.
    case closed
    case responseTimeout
    /// The answer breaks the protocol. The text is for logs only.
    case malformed(String)
    /// Every connection is busy and the queue is full, or the wait in it was too long; or we are out of descriptors.
    case overloaded
    /// There is no server to ask: none is well, or its name has no address. The text is for logs only.
    case noServer(String)

    /// What it says about the server, for its log; nil = nothing.
    var blame: String? {
        switch self {
        case .connect(let reason): reason
        case .connectTimeout: "connect timed out"
        case .responseTimeout: "no answer in time"
        case .malformed(let reason): "broken answer: \(reason)"
        // A connection that had been used before may end at any time.
        case .closed, .overloaded, .noServer: nil
        }
    }
}
