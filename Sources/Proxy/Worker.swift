import Access
import Accounts
import GatewayConfig
import HTTP1
import HTTPCore
import Operations
import Redis
import Secrets
import Sessions
import Transport

/// One worker process at work: a loop, and everything on it. Shares nothing with its siblings but the listening
/// sockets and the counters.
final class Worker {
    let settings: Settings
    let loop: EventLoop
    let router: Router
    let sites: [CompiledSite]
    /// The same, for the hot path.
    let fixedSites: [Fixed<CompiledSite>]
    let realms: [Realm]
    let groups: [UpstreamGroup]
    let rules: ForwardingRules
    let log: AccessLog
    let processLog: ProcessLog
    /// Whether the log tells of each connection.
    private let tellsConnections: Bool
    let audit: AuditBook
    let counters: WorkerCounters
    /// The same counters, for what every request counts.
    let tally: Tally
    /// The memory behind all meters.
    let metrics: MetricRegion
    let meters: Meters
    let formTokens: FormTokens
    let trusted: TrustedProxies
    let headLimits: HeadLimits
    let responseLimits: HeadLimits
    /// Ends what is open when its session ends.
    private(set) lazy var watch = SessionWatch(worker: self)

    /// Buffers for client input: a head of the largest size fits.
    let clientPool: BufferPool
    /// Copies of heads whose bodies are on the way.
    let headPool: BufferPool
    /// Heads on their way out are put together here; nothing stays in it between calls.
    let scratch = ByteBuffer(capacity: 32 << 10)
    let chunkScratch = ByteBuffer(capacity: 20 << 10)
    let bodyScratch = ByteBuffer(capacity: 64 << 10)

    /// The port to which `listen { redirect https }` sends.
    var securePort: UInt16 = 443
    private(set) var isDraining = false
    private(set) var connections: ContiguousArray<ClientConnection?> = []
    private var freeSlots: [Int] = []
    private var graveyard: Graveyard?
    private(set) var connectionCount = 0
    private let identifiers = UUIDGenerator()
    private var dateSecond: Int64 = -1
    private var dateBytes: [UInt8] = []
    /// Called when the last connection of a draining worker is gone.
    var onDrained: (() -> Void)?

    init(parts: WorkerParts) {
        settings = parts.settings
        loop = parts.loop
        router = Router(parts.settings)
        realms = parts.realms
        groups = parts.groups
        sites = parts.settings.sites.enumerated().map {
            CompiledSite($1, index: $0, realms: parts.realms, groups: parts.groups, metrics: parts.metrics)
        }
        fixedSites = sites.map { Fixed($0) }
        rules = ForwardingRules(settings: parts.settings)
        log = parts.log
        processLog = parts.processLog
        tellsConnections = parts.processLog.isOn(.debug)
        audit = AuditBook(parts.audit, settings: parts.settings.log, keys: parts.keys)
        counters = parts.counters
        tally = parts.counters.tally
        metrics = parts.metrics
        meters = Meters(parts.metrics)
        formTokens = FormTokens(keys: parts.keys, loop: parts.loop)
        trusted = TrustedProxies(parts.settings.trustedProxies)
        let limits = parts.settings.limits
        headLimits = HeadLimits(
            headerSize: limits.headerSize, headerCount: limits.headerCount, uri: limits.uri)
        responseLimits = HeadLimits(headerSize: 60 << 10, headerCount: 500, uri: 0)
        clientPool = parts.clientPool
        headPool = BufferPool(blockSize: 8 << 10, limit: 64)
    }

    // MARK: Connections

    func accept(_ descriptor: Int32, _ address: SocketAddress, _ entrance: Entrance) {
        accept(descriptor, PeerAddress(address, trusted: trusted), entrance)
    }

    func accept(_ descriptor: Int32, _ peer: PeerAddress, _ entrance: Entrance) {
        guard admits(peer) else {
            refuse(descriptor, peer)
            return
        }
        tally.count(.connections)
        guard let stream = try? entrance.open(descriptor, loop: loop, pool: clientPool) else {
            release(peer)
            return
        }
        entrance.accepted.add()
        entrance.open.add()
        if tellsConnections { tell("connection opened", peer) }
        let connection = ClientConnection(worker: self, stream: stream, peer: peer, count: entrance.open)
        connection.redirectStatus = entrance.redirectStatus
        connectionCount += 1
        if let slot = freeSlots.popLast() {
            connection.slot = slot
            connections[slot] = connection
        } else {
            connection.slot = connections.count
            connections.append(connection)
        }
    }

    /// `connections` and `connections_per_ip` bound the whole gateway; excess is closed at once.
    private func admits(_ peer: PeerAddress) -> Bool {
        guard counters.acquire(.connections, limit: settings.limits.connections) else {
            meters.rejections.count(RejectionLabel.limit)
            return false
        }
        if !peer.isCounted { return true }
        if counters.acquireConnection(from: peer.bytes, limit: settings.limits.connectionsPerAddress) {
            return true
        }
        counters.release(.connections)
        meters.rejections.count(RejectionLabel.perAddress)
        return false
    }

    private func release(_ peer: PeerAddress) {
        counters.release(.connections)
        if peer.isCounted { counters.releaseConnection(from: peer.bytes) }
    }

    /// A connection waits for its PROXY header, and keeps a draining worker alive as any other does.
    func forewordBegan() { connectionCount += 1 }

    func forewordEnded() {
        connectionCount -= 1
        if isDraining && connectionCount == 0 { onDrained?() }
    }

    func refuse(_ descriptor: Int32, _ peer: PeerAddress) {
        tally.count(.connectionsRejected)
        processLog.warning(
            "connection refused: too many are open",
            ["client": .text(String(decoding: peer.text, as: UTF8.self))])
        _ = FileDescriptor(descriptor)
    }

    private func tell(_ message: String, _ peer: PeerAddress) {
        let text = audit.masksClients ? PeerAddress.masked(peer.text) : peer.text
        processLog.debug(message, ["client": .text(String(decoding: text, as: UTF8.self))])
    }

    func connectionClosed(_ connection: ClientConnection) {
        guard connections[connection.slot] === connection else { return }
        // First: the table's may be the last reference to it, and its callers are still at work.
        bury(connection)
        connections[connection.slot] = nil
        freeSlots.append(connection.slot)
        connectionCount -= 1
        connection.count.subtractOne()
        if tellsConnections { tell("connection closed", connection.peer) }
        release(connection.peer)
        if isDraining && connectionCount == 0 { onDrained?() }
    }

    /// Keeps a closed connection alive until the tick ends: callers up the stack may still use it.
    private func bury(_ connection: ClientConnection) {
        let yard = graveyard ?? Graveyard()
        graveyard = yard
        yard.connections.append(connection)
        loop.atTickEnd(yard)
    }

    private final class Graveyard: TickEndTask {
        var connections: [ClientConnection] = []
        override func onTickEnd() { connections.removeAll(keepingCapacity: true) }
    }

    // MARK: Draining

    /// Finishes what runs; each connection ends with its next answer.
    func drain() {
        isDraining = true
        if connectionCount == 0 { onDrained?() }
    }

    /// Closes connections that have rested for `milliseconds`. Younger ones may have a request on its way; they end
    /// with the answer to it.
    func closeIdleConnections(olderThan milliseconds: Int) {
        let latest = loop.now - Int64(milliseconds)
        for connection in connections {
            guard let connection, connection.isIdle, !connection.isClosing else { continue }
            if connection.idleSince <= latest { connection.close() }
        }
    }

    /// Ends everything now.
    func cutAll() {
        for connection in connections { connection?.cut() }
    }

    // MARK: What exchanges ask for

    /// The site for the request's host; nil = unknown. An HTTP/1.0 request without Host goes to `site *`.
    func site(forHost host: Range<Int>, _ bytes: Span<UInt8>) -> Fixed<CompiledSite>? {
        guard let index = HostName.withName(bytes, host, { router.site(forHost: $0) }) else { return nil }
        return fixedSites[index]
    }

    func makeRequestID(_ id: inout InlineArray<36, UInt8>) {
        let milliseconds = loop.wallNow
        withUnsafeMutableBytes(of: &id) { target in
            do {
                try identifiers.write(milliseconds: milliseconds, into: target)
            } catch {
                target.initializeMemory(as: UInt8.self, repeating: 48)
            }
        }
    }

    /// The Date field's value, made once a second (RFC 9110, 6.6.1).
    func dateText() -> [UInt8] {
        let second = loop.wallNow / 1_000
        if second != dateSecond {
            dateSecond = second
            dateBytes = HTTPDate.format(epochSeconds: second)
        }
        return dateBytes
    }

    func write(_ text: StaticString, to stream: Stream) {
        stream.write(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}

/// What a worker is made of.
struct WorkerParts {
    var settings: Settings
    var loop: EventLoop
    var realms: [Realm]
    var groups: [UpstreamGroup]
    var keys: KeyRing
    var log: AccessLog
    var processLog: ProcessLog
    var audit: AuditLog
    var counters: WorkerCounters
    var metrics: MetricRegion
    var clientPool: BufferPool
}
