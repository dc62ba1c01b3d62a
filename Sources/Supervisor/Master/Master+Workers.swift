import GatewayConfig
import Glibc
public import Operations
import Transport

/// What the fleet commands, and what becomes of it.
extension Master: ControlReceiver {
    /// Carries out what the fleet has decided since the last time.
    func performCommands() {
        var commands = fleet.takeCommands()
        while !commands.isEmpty {
            for command in commands { perform(command) }
            commands = fleet.takeCommands()
        }
        finishSwitch()
        timers?.setFleetDeadline(fleet.nextDeadline)
    }

    /// The fleet's deadline has come.
    func onFleetTime() {
        fleet.onTime(now: loop.now)
        performCommands()
    }

    private func perform(_ command: FleetCommand) {
        switch command {
        case .spawn(let id, let generation, let index): spawn(id, generation, index)
        case .drain(let id):
            workers[id]?.channel.send(.drain)
            handingOver.insert(id)
        case .terminate(let id, let grace):
            workers[id]?.channel.send(.terminate(graceMilliseconds: grace))
        case .kill(let id, let reason): killWorker(id, reason)
        case .switched(let generation): onSwitched(generation)
        case .abandoned(let generation, let reason): onAbandoned(generation, reason)
        case .ended(let generation): onEnded(generation)
        case .restarting(let index, let delay, let endsInARow): onRestarting(index, delay, endsInARow)
        case .allGone: onWorkersGone()
        }
    }

    // MARK: Processes

    private func spawn(_ id: Int, _ number: Int, _ index: Int) {
        guard let generation = generations[number], let (slot, map) = claimSlot(generation) else {
            fleet.onExited(id, reason: "could not be started: too many workers", now: loop.now)
            return
        }
        let launch = WorkerLaunch(
            index: index, count: generation.workers, generation: number, slot: slot,
            listeners: generation.listenerDescriptors.count,
            requiresRedis: options.requiresRedis && fleet.serving == 0, stateDirectory: state.path)
        do throws(SystemError) {
            let worker = try WorkerProcess(
                id: id, launch: launch,
                descriptors: [generation.snapshot.descriptor, map, generation.metrics.descriptor]
                    + generation.listenerDescriptors,
                image: generation.isForeign ? upgrade.previous?.image : nil,
                isCounted: map == counters.descriptor, loop: loop, receiver: self)
            workers[id] = worker
            log.debug("worker started", ["worker": .number(index), "pid": .number(Int(worker.pid))])
        } catch {
            if map == counters.descriptor { counters.retire(slot: slot) }
            log.error("cannot start a worker", ["worker": .number(index), "reason": "\(error)"])
            fleet.onExited(id, reason: "could not be started: \(error)", now: loop.now)
        }
    }

    /// A place in the counters for a worker of `generation`, and their memfd. One of the program before this one counts
    /// where that program does.
    private func claimSlot(_ generation: Generation) -> (slot: Int, map: Int32)? {
        guard generation.isForeign, let previous = upgrade.previous, previous.hasOtherMap else {
            return counters.claimSlot().map { ($0, counters.descriptor) }
        }
        let taken = Set(workers.values.filter { !$0.isCounted }.map(\.slot) + upgrade.orphans)
        return (0...taken.count).first { !taken.contains($0) }.map { ($0, previous.counters.descriptor) }
    }

    func killWorker(_ id: Int, _ reason: String) {
        guard let worker = workers[id] else { return }
        log.warning(
            "worker is killed",
            ["worker": .number(worker.index), "pid": .number(Int(worker.pid)), "reason": .text(reason)])
        kill(worker.pid, SIGKILL)
    }

    /// Learns which children have ended; all of them, since process 1 inherits orphans too.
    func reapChildren() {
        while let child = ChildProcess.reap() {
            if child.pid == redis?.pid {
                redis?.onExit(status: child.status)
            } else if let worker = workers.values.first(where: { $0.pid == child.pid }) {
                onWorkerExit(worker, status: child.status)
            } else if child.pid == upgrade.trial?.pid {
                upgrade.trial?.onExit(status: child.status)
            } else {
                companions.first { $0.pid == child.pid }?.onExit(status: child.status)
            }
        }
        performCommands()
    }

    private func onWorkerExit(_ worker: WorkerProcess, status: Int32) {
        let reason = worker.reason(status: status)
        if ChildProcess.exitCode(status) == WorkerPlan.unavailable { redisTrouble = worker.failure }
        workers[worker.id] = nil
        handingOver.remove(worker.id)
        if let generation = generations[worker.generation] {
            metricTotals.retire(generation.metrics, worker: worker.index)
        }
        if worker.isCounted {
            counters.retire(slot: worker.slot)
        } else if upgrade.previous != nil, worker.slot >= 0 {
            upgrade.orphans.append(worker.slot)
        }
        let isExpected = fleet.members.first { $0.id == worker.id }.map {
            $0.phase == .draining || $0.phase == .ending
        }
        log.log(
            isExpected ?? true ? .info : .error, "worker ended",
            [
                "worker": .number(worker.index), "generation": .number(worker.generation),
                "pid": .number(Int(worker.pid)), "reason": .text(reason),
                "lived_ms": .number(Int(loop.now - worker.startedAt)),
            ])
        fleet.onExited(worker.id, reason: reason, gaveUp: worker.failure != nil, now: loop.now)
    }

    private func onRestarting(_ index: Int, _ delay: Int64, _ endsInARow: Int) {
        log.log(
            endsInARow >= Backoff.loopCount ? .error : .warning,
            endsInARow >= Backoff.loopCount ? "worker ends again and again" : "worker is replaced",
            [
                "worker": .number(index), "ends_in_a_row": .number(endsInARow),
                "restart_ms": .number(Int(delay)),
            ])
    }

    // MARK: Control pipes

    /// A worker says something.
    public func onMessage(_ channel: ControlChannel, _ message: ControlMessage) {
        guard let worker = workers.values.first(where: { $0.channel === channel }) else { return }
        switch message {
        case .ready:
            log.debug("worker is ready", ["worker": .number(worker.index), "pid": .number(Int(worker.pid))])
            fleet.onReady(worker.id, now: loop.now)
            performCommands()
        case .draining:
            handingOver.remove(worker.id)
            finishSwitch()
        case .failed(let reason): worker.failure = reason
        case .pong: heartbeat.onAnswer(worker.id)
        default: break
        }
    }

    /// A worker closed its pipe; its end follows.
    public func onEnd(_ channel: ControlChannel) {}
}
