import GatewayConfig
import Transport

/// A named upstream: several servers, the one with the fewest busy connections for its weight serves next.
final class UpstreamGroup {
    let settings: UpstreamSettings
    let servers: [UpstreamServer]
    private let only: Fixed<UpstreamServer>?

    /// What it counts.
    let meter: UpstreamMeter

    /// `tls`: one for each server, in order; nil = plain.
    init(
        settings: UpstreamSettings, tls: [TLSClientContext?] = [], loop: EventLoop, pool: BufferPool,
        resolver: Resolver, meter: UpstreamMeter
    ) {
        self.settings = settings
        self.meter = meter
        servers = settings.servers.enumerated().map { index, server in
            UpstreamServer(
                settings: server, group: settings, tls: index < tls.count ? tls[index] : nil, loop: loop,
                pool: pool, resolver: resolver)
        }
        only = servers.count == 1 ? Fixed(servers[0]) : nil
    }

    /// The server for the next exchange.
    func next() -> Fixed<UpstreamServer> { only ?? Fixed(pick()) }

    /// The server for the next exchange; `failed` is avoided if there is another. Backups serve when every
    /// other server has failed this exchange.
    func pick(avoiding failed: UpstreamServer? = nil) -> UpstreamServer {
        if servers.count == 1 { return servers[0] }
        return leastLoaded(avoiding: failed, backup: false)
            ?? leastLoaded(avoiding: failed, backup: true) ?? servers[0]
    }

    private func leastLoaded(avoiding failed: UpstreamServer?, backup: Bool) -> UpstreamServer? {
        var least: UpstreamServer?
        for server in servers where server.settings.backup == backup && server !== failed {
            if let current = least, !isLess(server, current) { continue }
            least = server
        }
        guard let least else { return nil }
        return nextInTurn(amongEqualsOf: least, avoiding: failed)
    }

    /// Whether `one` has fewer busy connections for its weight than `other`: a/wa < b/wb, without division.
    private func isLess(_ one: UpstreamServer, _ other: UpstreamServer) -> Bool {
        one.activeCount * other.settings.weight < other.activeCount * one.settings.weight
    }

    /// Those that are equally busy take turns by their weights, evenly spread: each gains its weight in credit, the
    /// one with the most serves and pays for all.
    private func nextInTurn(amongEqualsOf least: UpstreamServer, avoiding failed: UpstreamServer?)
        -> UpstreamServer
    {
        var next = least
        var total = 0
        for server in servers where server.settings.backup == least.settings.backup && server !== failed {
            if isLess(least, server) { continue }
            server.credit += server.settings.weight
            total += server.settings.weight
            if server.credit > next.credit { next = server }
        }
        next.credit -= total
        return next
    }
}
