import GatewayConfig
import Transport

/// One address of an upstream: its connections, idle ones for reuse, and the exchanges that wait for one.
final class UpstreamServer {
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
    let label: String
    /// Its group and itself in the access log, and the beginning of what it answered.
    let logFields: FixedBytes
    private let group: UpstreamSettings
    private let tls: TLSClientContext?
    private let loop: EventLoop
    private let pool: BufferPool
    private let resolver: Resolver
    private var addresses: [SocketAddress] = []
    private var addressIndex = 0
    private var resolveFailure: ResolveError?
    private var idle: ContiguousArray<UpstreamConnection> = []
    private var waiting: [Exchange] = []
    /// Connections open or opening.
    private(set) var connectionCount = 0
    /// What its group owes it in turns.
    var credit = 0
    private var sweep: DeadlineTimer?
    private var resolveTimer: DeadlineTimer?

    private static let sweepMilliseconds = 5_000
    private static let resolveMilliseconds = 30_000
    private static let queueLimit = 1024

    init(
        settings: UpstreamSettings.Server, group: UpstreamSettings, tls: TLSClientContext?, loop: EventLoop,
        pool: BufferPool, resolver: Resolver
    ) {
        self.settings = settings
        self.group = group
        self.tls = tls
        self.loop = loop
        self.pool = pool
        self.resolver = resolver
        label = UpstreamServer.label(settings.endpoint)
        logFields = FixedBytes(
            logFields: [("upstream", group.name), ("server", label)], then: ",\"upstream_status\":")
        resolve()
    }

    /// Connections that serve an exchange now.
    var activeCount: Int { connectionCount - idle.count }

    /// Exchanges that wait for a connection.
    var waitingCount: Int { waiting.count }

    /// Whether exchanges are sent here.
    var isUsable: Bool { !addresses.isEmpty }

    /// Whether an exchange would have to wait.
    var isSaturated: Bool { idle.isEmpty && connectionCount >= group.maxConnections }

    // MARK: Giving and taking

    func acquire(for exchange: Exchange, fresh: Bool) -> Acquisition {
        if !fresh, let connection = idle.popLast() {
            connection.exchange = exchange
            return .ready(connection)
        }
        if addresses.isEmpty, let resolveFailure {
            resolve()
            return .failed(.connect(resolveFailure.description))
        }
        if connectionCount >= group.maxConnections || addresses.isEmpty {
            guard waiting.count < Self.queueLimit else { return .failed(.overloaded) }
            waiting.append(exchange)
            return .queued
        }
        return connect(for: exchange)
    }

    private func connect(for exchange: Exchange) -> Acquisition {
        let connection = UpstreamConnection(server: self)
        do {
            try connection.connect(
                to: addresses[addressIndex % addresses.count], loop: loop, pool: pool, tls: tls)
        } catch {
            rotateAddress()
            return .failed(.connect(error.description))
        }
        connectionCount += 1
        connection.exchange = exchange
        return .connecting(connection)
    }

    /// An exchange is done with `connection`, cleanly: the next one may have it.
    func release(_ connection: UpstreamConnection) {
        connection.exchange = nil
        connection.isReused = true
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
        if !connection.isReused { rotateAddress() }
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
        guard !addresses.isEmpty, connectionCount < group.maxConnections, let next = nextWaiting() else {
            return
        }
        switch connect(for: next) {
        case .connecting(let connection): next.onUpstreamAcquired(connection)
        case .failed(let fault): next.onUpstreamUnavailable(fault)
        case .ready, .queued: break
        }
    }

    private func rotateAddress() {
        addressIndex = addresses.isEmpty ? 0 : (addressIndex + 1) % addresses.count
    }

    // MARK: Names

    private func resolve() {
        switch settings.endpoint {
        case .unix(let path):
            addresses = SocketAddress(unixPath: path).map { [$0] } ?? []
            if addresses.isEmpty { resolveFailure = ResolveError(host: path, reason: "path too long") }
        case .inherited(let name):
            resolveFailure = ResolveError(host: name, reason: "fd: is for listeners only")
        case .tcp(let host, let port):
            resolver.resolve(host: host, port: port) { [self] result in onResolved(result) }
            if SocketAddress(literal: host, port: port) == nil { armResolve() }
        }
    }

    /// An answer that is empty or an error keeps the addresses that worked so far.
    private func onResolved(_ result: Result<[SocketAddress], ResolveError>) {
        switch result {
        case .success(let found):
            addresses = found
            resolveFailure = nil
            while !waiting.isEmpty && connectionCount < group.maxConnections { serveWaiting() }
        case .failure(let error):
            resolveFailure = error
            guard addresses.isEmpty else { return }
            for exchange in waiting { exchange.onUpstreamUnavailable(.connect(error.description)) }
            waiting = []
        }
    }

    private func armResolve() {
        let timer = resolveTimer ?? DeadlineTimer(self)
        resolveTimer = timer
        loop.arm(timer, after: Self.resolveMilliseconds)
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

    private static func label(_ endpoint: Endpoint) -> String {
        switch endpoint {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        case .inherited(let name): "fd:\(name)"
        }
    }
}

extension UpstreamServer: DeadlineReceiver {
    func onDeadline(_ timer: DeadlineTimer) {
        if timer === sweep { closeExpired() } else { resolve() }
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
    /// Every connection is busy and the queue is full, or the wait in it was too long.
    case overloaded
}
