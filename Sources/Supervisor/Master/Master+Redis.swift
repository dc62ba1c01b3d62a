import Operations
import Transport

/// The private redis-server's part in starting and ending.
extension Master {
    func startRedis() throws(ExitFailure) {
        let redis = ManagedRedis(
            loop: loop, state: state.path, program: try ManagedRedis.findProgram(), log: log
        ) { [weak self] event in self?.onRedis(event) }
        try redis.start()
        self.redis = redis
    }

    /// Goes on with the one that the program before this one had.
    func takeUpRedis(_ item: Handover.Redis) {
        let redis = ManagedRedis(
            loop: loop, state: state.path, program: item.program, log: log
        ) { [weak self] event in self?.onRedis(event) }
        self.redis = redis
        redis.takeUp(item)
    }

    private func onRedis(_ event: ManagedRedis.Event) {
        switch event {
        case .serving:
            guard let generation = waitingForRedis else { return }
            waitingForRedis = nil
            begin(generation)
        case .failedToStart(let reason): onRedisFailed(reason)
        case .stopped: onRedisStopped()
        }
    }

    private func onRedisFailed(_ reason: String) {
        redis = nil
        guard let generation = waitingForRedis else { return }
        waitingForRedis = nil
        generations[generation.number] = nil
        listeners.rollBack()
        if fleet.serving == 0 {
            giveUpStart("redis-server did not start: \(reason)", ExitStatus.unavailable)
        } else {
            finishReload(verdict(ExitStatus.failure, "redis-server did not start: \(reason)"))
        }
    }

    private func onRedisStopped() {
        redis = nil
        if stopPhase == .redis {
            loop.stop()
            return
        }
        // A configuration that wants it came while it was ending.
        guard let generation = waitingForRedis else { return }
        do throws(ExitFailure) { try startRedis() } catch {
            waitingForRedis = nil
            generations[generation.number] = nil
            listeners.rollBack()
            finishReload(verdict(ExitStatus.failure, error.message))
        }
    }
}
