import GatewayConfig
import Transport

/// A named upstream: several servers, the one with the fewest busy connections for its weight serves next.
final class UpstreamGroup {
    let settings: UpstreamSettings
    let servers: [UpstreamServer]
    private var turn = 0

    init(settings: UpstreamSettings, loop: EventLoop, pool: BufferPool, resolver: Resolver) {
        self.settings = settings
        servers = settings.servers.map {
            UpstreamServer(settings: $0, group: settings, loop: loop, pool: pool, resolver: resolver)
        }
    }

    /// The server for the next exchange; `failed` is avoided if there is another. Backups serve when every
    /// other server has failed this exchange.
    func pick(avoiding failed: UpstreamServer? = nil) -> UpstreamServer {
        if servers.count == 1 { return servers[0] }
        return leastLoaded(avoiding: failed, backup: false)
            ?? leastLoaded(avoiding: failed, backup: true) ?? servers[0]
    }

    private func leastLoaded(avoiding failed: UpstreamServer?, backup: Bool) -> UpstreamServer? {
        var best: UpstreamServer?
        turn = (turn + 1) % servers.count
        for offset in servers.indices {
            // Beginning with another one each time, so that equals take turns.
            let server = servers[(turn + offset) % servers.count]
            if server.settings.backup != backup || server === failed { continue }
            guard let current = best else {
                best = server
                continue
            }
            // a/wa < b/wb, without division.
            let load = (server.activeCount + 1) * current.settings.weight
            if load < (current.activeCount + 1) * server.settings.weight { best = server }
        }
        return best
    }
}
