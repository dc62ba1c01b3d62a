import GatewayConfig
import Glibc
import Operations
import Transport

/// How far the end has come.
enum StopPhase: Equatable {
    case running
    /// Still accepting, so that load balancers can notice.
    case delay
    /// Workers drain.
    case draining
    /// Workers are gone, Redis writes everything out.
    case redis
}

/// Ending: workers first, Redis last.
extension Master {
    /// TERM, INT or QUIT came.
    func onStopSignal() {
        guard stopPhase == .running else {
            forceQuit()
            return
        }
        let shutdown = generations[fleet.serving]?.settings.shutdown
        log.notice(
            "ending",
            ["delay_ms": .number(shutdown?.delay ?? 0), "grace_ms": .number(shutdown?.grace ?? 0)])
        tellStopping(shutdown)
        stopPhase = .delay
        upgrade.trial?.cancel()
        timers?.startDelay(shutdown?.delay ?? 0)
        if shutdown?.delay ?? 0 == 0 { onDelayOver() }
    }

    /// An operator wants the end that TERM brings. Who asks twice is not impatient, as who sends two signals is.
    func drain(_ exchange: PlainExchange) {
        let shutdown = generations[fleet.serving]?.settings.shutdown
        let seconds = ((shutdown?.delay ?? 0) + (shutdown?.grace ?? 0) + 999) / 1_000
        exchange.answer(.text(202, "draining, for \(seconds) s at most\n"))
        if stopPhase == .running { onStopSignal() }
    }

    /// The shutdown delay is over.
    func onDelayOver() {
        guard stopPhase == .delay else { return }
        stopPhase = .draining
        // The workers close theirs as well: from here on a new connection is refused instead of left waiting.
        listeners.closeAll()
        let grace = generations[fleet.serving]?.settings.shutdown.grace ?? 0
        fleet.stop(graceMilliseconds: grace, now: loop.now)
        performCommands()
    }

    /// The last worker is gone.
    func onWorkersGone() {
        guard stopPhase == .draining else { return }
        if fleet.hasKilled { exitStatus = max(exitStatus, ExitStatus.failure) }
        stopPhase = .redis
        waitingForRedis = nil
        if reloads.isRunning { finishReload(verdict(ExitStatus.failure, "the gateway is ending")) }
        guard let redis else {
            loop.stop()
            return
        }
        redis.stop()
    }

    /// There is nothing to serve with: the start failed.
    func giveUpStart(_ reason: String, _ status: Int32) {
        log.error("cannot start", ["reason": .text(reason)])
        tellFailure(reason)
        exitStatus = status
        stopPhase = .draining
        fleet.stop(graceMilliseconds: 0, now: loop.now)
        performCommands()
    }

    private func forceQuit() {
        log.warning("ending by force")
        for worker in workers.values { kill(worker.pid, SIGKILL) }
        // Never by force: it writes what is still to be written, and is quick.
        if let pid = redis?.pid { kill(pid, SIGTERM) }
        exitStatus = ExitStatus.forced
        loop.stop()
    }
}
