import GatewayConfig
import Operations
import Transport

/// What the service manager is told (sd_notify(3)), and the watch over workers that the watchdog stands for.
extension Master {
    /// Milliseconds between two signs of life; nil if the service manager wants none. Three may get lost.
    var watchdogInterval: Int? { service.watchdogMilliseconds.map { max(1, $0 / 4) } }

    /// The configuration is being read again.
    func tellReloading() {
        // The clock of the loop is as old as its turn; systemd compares with its own.
        service.send([
            "RELOADING=1", "MONOTONIC_USEC=\(Clock.monotonicMicroseconds())",
            "STATUS=Reading the configuration again",
        ])
    }

    /// A start or a reload is over, and something serves.
    func tellReady(_ verdict: ReloadVerdict) {
        guard stopPhase == .running, fleet.serving > 0, let generation = generations[fleet.serving] else {
            return
        }
        let places = generation.settings.listeners.map(\.endpoint.text).joined(separator: " ")
        var text = "Serving with \(generation.workers) worker(s) on \(places)"
        if verdict.status != ExitStatus.success {
            text += "; the last reload failed: \(verdict.message)"
        }
        service.send(["READY=1", "STATUS=\(text)"])
    }

    /// The end has begun, and takes this long at most.
    func tellStopping(_ shutdown: ShutdownSettings?) {
        let milliseconds = (shutdown?.delay ?? 0) + (shutdown?.grace ?? 0)
        // Beyond the grace: what is killed at its end, and Redis, which writes out what it has.
        let limit = (milliseconds + Self.stopMargin).multipliedReportingOverflow(by: 1_000)
        var states = ["STOPPING=1", "STATUS=Finishing what runs, \(milliseconds / 1_000) s at most"]
        if !limit.overflow { states.append("EXTEND_TIMEOUT_USEC=\(limit.partialValue)") }
        service.send(states)
    }

    private static let stopMargin = 15_000

    /// The start failed.
    func tellFailure(_ reason: String) { service.send(["STATUS=Cannot start: \(reason)"]) }

    /// A sign of life, if it is true: this loop turns, and there is a worker that serves and answers. While
    /// workers come up or the end is on its way, deadlines of their own watch over that.
    func tellAlive() {
        guard stopPhase != .running || fleet.readyCount > 0 || fleet.serving == 0 else { return }
        service.send(["WATCHDOG=1"])
    }

    /// Once a second: a worker whose loop does not turn any more serves nobody, but is given connections by the
    /// kernel all the same. It is ended, so that another one takes its place.
    func checkWorkers() {
        let alive = fleet.members.filter { $0.phase == .ready || $0.phase == .draining }
        let (asked, stuck) = heartbeat.tick(alive.map(\.id))
        for id in asked { workers[id]?.channel.send(.ping) }
        for id in stuck { killWorker(id, "it has not answered for \(Heartbeat.limit) s") }
    }
}
