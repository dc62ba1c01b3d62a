import GatewayConfig
import Operations
import Sessions
import Transport

/// A named upstream: its servers, and which of them serves next.
final class UpstreamGroup {
    let settings: UpstreamSettings
    /// The addresses of all configured servers, in their order. A server that has left may still be at work.
    private(set) var servers: ContiguousArray<UpstreamServer> = []
    private(set) var budget: RetryBudget
    /// The server where there is no choice.
    private var only: Fixed<UpstreamServer>?
    private let tls: [TLSClientContext?]
    private let loop: EventLoop
    private let pool: BufferPool
    private let log: ProcessLog?
    private var names: [UpstreamName] = []
    private var departed = DepartedServers()
    private var checks = false

    /// What it counts.
    let meter: UpstreamMeter

    /// `tls`: one for each configured server, in order; nil = plain.
    init(
        settings: UpstreamSettings, tls: [TLSClientContext?] = [], loop: EventLoop, pool: BufferPool,
        resolver: Resolver, meter: UpstreamMeter, log: ProcessLog? = nil
    ) {
        self.settings = settings
        self.meter = meter
        self.tls = tls
        self.loop = loop
        self.pool = pool
        self.log = log
        budget = RetryBudget(now: loop.now)
        for place in settings.servers.indices { begin(place, resolver) }
        setServers(servers)
        for name in names { name.lookUp() }
    }

    private func begin(_ place: Int, _ resolver: Resolver) {
        var address: SocketAddress?
        switch settings.servers[place].endpoint {
        case .unix(let path): address = SocketAddress(unixPath: path)
        case .inherited: break
        case .tcp(let host, let port):
            address = SocketAddress(literal: host, port: port)
            if address == nil {
                names.append(
                    UpstreamName(
                        host: host, port: port, place: place, group: self, loop: loop, resolver: resolver))
            }
        }
        servers.append(makeServer(place, address))
    }

    private func makeServer(_ place: Int, _ address: SocketAddress?) -> UpstreamServer {
        UpstreamServer(
            place: place, address: address, tls: place < tls.count ? tls[place] : nil, owner: self,
            loop: loop,
            pool: pool)
    }

    private func setServers(_ servers: ContiguousArray<UpstreamServer>) {
        self.servers = servers
        // Health checks can leave a single server without requests, failures cannot.
        only = servers.count == 1 && settings.health == nil ? Fixed(servers[0]) : nil
    }

    // MARK: Choosing

    /// The server for a request; nil if none is well.
    func next(for exchange: Exchange) -> Fixed<UpstreamServer>? {
        budget.deposit()
        return only ?? pick(for: exchange, insists: true).map { Fixed($0) }
    }

    /// A server that has not failed `exchange` yet: one that is in, or a backup. If all are out and the exchange
    /// `insists`, one of those: a server that returns serves again with the next request.
    func pick(for exchange: Exchange, insists: Bool) -> UpstreamServer? {
        let now = loop.now
        let key = key(of: exchange)
        let server =
            choose(key) { $0.isUsable(now) && !$0.settings.backup && !exchange.hasTried($0) }
            ?? choose(key) { $0.isUsable(now) && $0.settings.backup && !exchange.hasTried($0) }
            ?? (insists ? choose(key) { !$0.health.isRefusedByChecks && !exchange.hasTried($0) } : nil)
        if let server, server.health.isTroubled { server.health.chosen(now) }
        return server
    }

    private func choose(_ key: UInt64, _ isCandidate: (UpstreamServer) -> Bool) -> UpstreamServer? {
        switch settings.balance {
        case .leastConnections: ServerChoice.leastBusy(servers, isCandidate)
        case .roundRobin: ServerChoice.inTurn(servers, isCandidate)
        case .hashUser, .hashAddress: ServerChoice.byKey(key, servers, isCandidate)
        }
    }

    private func key(of exchange: Exchange) -> UInt64 {
        switch settings.balance {
        case .leastConnections, .roundRobin: return 0
        case .hashUser where exchange.identity.isPresent:
            let identity = exchange.identity
            return ServerChoice.key(identity.view.userID.bytes(in: identity.record.readable))
        case .hashUser, .hashAddress:
            var key: UInt64 = 0
            exchange.withClientAddress { key = ServerChoice.key($0) }
            return key
        }
    }

    /// Another address of the name that `server` is an address of; one that has not failed `exchange`.
    func sibling(of server: UpstreamServer, for exchange: Exchange) -> UpstreamServer? {
        servers.first {
            $0.place == server.place && !$0.health.isRefusedByChecks && !exchange.hasTried($0)
        }
    }

    /// Whether one more try fits into the budget for them.
    func mayRetry() -> Bool { budget.take(loop.now) }

    // MARK: Health

    /// Whether requests have somewhere to go without `server`.
    func hasOther(than server: UpstreamServer) -> Bool {
        let now = loop.now
        return servers.contains { $0 !== server && $0.isUsable(now) }
    }

    /// Begins to ask the servers whether they are well, if that is wanted.
    func startChecks() {
        checks = true
        for server in servers { server.startChecks() }
    }

    /// Asks no more; for a worker that drains.
    func endChecks() {
        checks = false
        for server in servers { server.endChecks() }
    }

    /// A server went down or came back.
    func serverChanged(_ server: UpstreamServer, _ change: ServerHealth.Change, _ reason: String) {
        let upstream = LogValue.text(settings.name)
        let now = loop.now
        switch change {
        case .down:
            let left = servers.count { $0 !== server && $0.isUsable(now) }
            log?.notice(
                "an upstream's server is down",
                [
                    "upstream": upstream, "server": .text(server.label), "reason": .text(reason),
                    "servers_left": .number(left),
                ])
        case .up(let after):
            log?.notice(
                "an upstream's server is up again",
                [
                    "upstream": upstream, "server": .text(server.label), "reason": .text(reason),
                    "down_ms": .number(Int(after)),
                ])
        }
    }

    // MARK: Names

    /// The addresses of the name at `place` are these: known ones stay as they are, others come and go.
    func replace(_ place: Int, by addresses: [SocketAddress]) {
        let former = ContiguousArray(servers.filter { $0.place == place })
        let labels = addresses.map { "\($0)" }
        if former.count == labels.count, former.allSatisfy({ $0.address != nil && labels.contains($0.label) })
        {
            return
        }
        let members = ContiguousArray(
            zip(addresses, labels).map { address, label in
                former.first { $0.address != nil && $0.label == label } ?? makeServer(place, address)
            })
        let gone = ContiguousArray(former.filter { server in !members.contains { $0 === server } })
        let before = servers.filter { $0.place < place }
        setServers(before + members + servers.filter { $0.place > place })
        if checks {
            for server in members where !former.contains(where: { $0 === server }) { server.startChecks() }
        }
        departed.add(gone, loop.now)
        for server in gone { server.retire() }
        tellAddresses(place, labels, hadAny: former.contains { $0.address != nil })
    }

    private func tellAddresses(_ place: Int, _ labels: [String], hadAny: Bool) {
        guard hadAny else { return }
        log?.notice(
            "an upstream's server has other addresses",
            [
                "upstream": .text(settings.name), "server": .text(name(of: place)),
                "addresses": .text(labels.joined(separator: " ")),
            ])
    }

    /// A lookup failed; what is known stays.
    func nameFailed(_ place: Int, _ reason: String, isFirst: Bool) {
        if isFirst {
            log?.warning(
                "cannot look up an upstream's server",
                [
                    "upstream": .text(settings.name), "server": .text(name(of: place)),
                    "reason": .text(reason),
                ])
        }
        for server in servers where server.place == place { server.nameFailed(reason) }
    }

    /// A lookup succeeded after failures.
    func nameFound(_ place: Int) {
        log?.notice(
            "an upstream's server is found again",
            ["upstream": .text(settings.name), "server": .text(name(of: place))])
    }

    private func name(of place: Int) -> String { UpstreamServer.label(settings.servers[place].endpoint, nil) }
}

/// Servers that left their group, kept while an exchange may look at them: those with connections, and the others
/// for longer than any exchange lives without one.
private struct DepartedServers {
    private static let milliseconds: Int64 = 3_600_000
    private var servers: [(server: UpstreamServer, since: Int64)] = []

    mutating func add(_ gone: ContiguousArray<UpstreamServer>, _ now: Int64) {
        for index in servers.indices where servers[index].server.connectionCount > 0 {
            servers[index].since = now
        }
        servers.removeAll { $0.since + Self.milliseconds < now }
        for server in gone { servers.append((server, now)) }
    }
}
