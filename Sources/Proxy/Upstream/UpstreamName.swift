import GatewayConfig
import Transport

/// The name of a `server`, looked up again and again: each of its addresses is a server of the group.
///
/// A failure or an empty answer keeps the addresses that there are.
final class UpstreamName {
    private static let everyMilliseconds = 30_000
    private static let firstPause = 500
    /// Addresses of one name that are used; more serve nobody.
    private static let limit = 64

    private let host: String
    private let port: UInt16
    private let place: Int
    private let group: Fixed<UpstreamGroup>
    private let loop: EventLoop
    private let resolver: Resolver
    private lazy var timer = DeadlineTimer(self)
    private var failures = 0

    /// The name in place `place` of `group`'s servers.
    init(
        host: String, port: UInt16, place: Int, group: UpstreamGroup, loop: EventLoop, resolver: Resolver
    ) {
        self.host = host
        self.port = port
        self.place = place
        self.group = Fixed(group)
        self.loop = loop
        self.resolver = resolver
    }

    /// Looks it up, and from now on regularly.
    func lookUp() {
        resolver.resolveInTurn(host: host, port: port) { [self] in onAnswer($0) }
    }

    private func onAnswer(_ result: Result<[SocketAddress], ResolveError>) {
        switch result {
        case .success(let found) where !found.isEmpty:
            if failures > 0 { group.use { $0.nameFound(place) } }
            failures = 0
            group.use { $0.replace(place, by: distinct(found)) }
        case .success: onFailure("no address")
        case .failure(let error): onFailure(error.description)
        }
        loop.arm(timer, after: pause)
    }

    private func onFailure(_ reason: String) {
        failures += 1
        group.use { $0.nameFailed(place, reason, isFirst: failures == 1) }
    }

    /// Until the next lookup: never for all names and workers at the same time.
    private var pause: Int {
        let full =
            failures == 0
            ? Self.everyMilliseconds
            : min(Self.everyMilliseconds, Self.firstPause << min(failures - 1, 6))
        return Int.random(in: full * 9 / 10...full * 11 / 10)
    }

    private func distinct(_ found: [SocketAddress]) -> [SocketAddress] {
        var seen: Set<String> = []
        return Array(found.filter { seen.insert($0.description).inserted }.prefix(Self.limit))
    }
}

extension UpstreamName: DeadlineReceiver {
    func onDeadline(_ timer: DeadlineTimer) { lookUp() }
}
