import GatewayConfig
import Glibc
import Operations
import Transport

/// How a program goes on from where another one stopped.
extension Master {
    static func takeHandover() throws(ExitFailure) -> Handover? {
        do throws(HandoverFailure) { return try Handover.taken() } catch {
            throw ExitFailure(status: ExitStatus.failure, message: "cannot go on: \(error.reason)")
        }
    }

    /// Runs the gateway that `handover` describes until it is told to end.
    ///
    /// - Returns: The exit status.
    static func resume(_ options: MasterOptions, _ handover: Handover) throws(ExitFailure) -> Int32 {
        let master: Master
        do throws(ExitFailure) {
            let settings = try servingSettings(handover)
            master = try Master(
                options, settings, StateDirectory(path: handover.state, lock: handover.lock), handover)
        } catch {
            returnTo(handover, error)
            throw error
        }
        defer { master.state.markFinished() }
        do throws(ExitFailure) { try master.takeUp(handover) } catch {
            // All that was handed over is still open.
            returnTo(handover, error)
            throw error
        }
        defer { master.closeAdmin() }
        return master.runLoop()
    }

    /// Back to the program before this one, if there is one.
    private static func returnTo(_ handover: Handover, _ error: ExitFailure) {
        guard handover.image >= 0 else { return }
        var back = handover
        back.image = -1
        back.outcome = Handover.Outcome(
            status: ExitStatus.failure,
            message:
                "version \(Version.text) cannot take over: \(error.message); version \(handover.version) goes on",
            report: "")
        let trouble = back.pass(to: handover.image)
        StandardError.write("gatehouse: the version before cannot be run: \(trouble)\n")
    }

    private static func servingSettings(_ handover: Handover) throws(ExitFailure) -> Settings {
        guard let serving = handover.configurations.first(where: { $0.number == handover.serving }) else {
            throw ExitFailure(status: ExitStatus.failure, message: "no configuration is at work")
        }
        return try settings(serving)
    }

    private static func settings(_ item: Handover.Configuration) throws(ExitFailure) -> Settings {
        do throws(SystemError) {
            if let settings = ConfigurationFile.replay(try Snapshot.read(item.snapshot)) { return settings }
        } catch { throw ExitFailure(status: ExitStatus.failure, message: "\(error)") }
        throw ExitFailure(
            status: ExitStatus.failure,
            message: "the configuration of generation \(item.number) cannot be read")
    }

    private static func metrics(
        _ item: Handover.Configuration, _ settings: Settings
    ) throws(ExitFailure) -> MetricMap {
        do throws(SystemError) {
            let layout = MetricLayout(settings, workers: item.workers)
            return try MetricMap(
                descriptor: item.metrics, layout, workers: item.workers, signature: item.metricLayout)
        } catch { throw ExitFailure(status: ExitStatus.failure, message: "\(error)") }
    }

    private func takeUp(_ handover: Handover) throws(ExitFailure) {
        let isReturn = handover.outcome != nil
        for item in handover.configurations {
            let isNeeded = handover.workers.contains { $0.generation == item.number }
            guard isNeeded || item.number == handover.serving else {
                close(item.snapshot)
                if item.metrics >= 0 { close(item.metrics) }
                continue
            }
            let settings = try Self.settings(item)
            var generation = Generation(
                number: item.number, settings: settings, snapshot: Snapshot(descriptor: item.snapshot),
                metrics: try Self.metrics(item, settings), listenerDescriptors: item.listeners,
                workers: item.workers, fingerprint: item.fingerprint, loadedAt: item.loadedAt)
            generation.version = item.version
            generation.isForeign = !isReturn
            generations[item.number] = generation
        }
        latestGeneration = handover.latestGeneration
        takeUpMetrics(handover.metrics)
        try takeUpWorkers(handover)
        try watchSignals()
        adminSockets = handover.admin
        guard let serving = generations[handover.serving] else { return }
        try openAdmin(serving.settings)
        auditKeys(serving.settings.session)
        if let item = handover.redis { takeUpRedis(item) }
        if !isReturn { upgrade.previous = handover }
        for client in handover.clients { takeUpClient(client) }
        for visitor in handover.visitors { admin?.welcome(visitor) }
        reapChildren()
        stopUnneededRedis()
        goOn(handover)
    }

    private func takeUpWorkers(_ handover: Handover) throws(ExitFailure) {
        do throws(SystemError) {
            for item in handover.workers {
                workers[item.id] = try WorkerProcess(
                    item, isCounted: !handover.hasOtherMap && item.slot >= 0, loop: loop, receiver: self)
            }
        } catch { throw ExitFailure(status: ExitStatus.failure, message: "\(error)") }
        let members = handover.workers.map { item in
            var member = Fleet.Member(
                id: item.id, generation: item.generation, index: item.index, startedAt: item.startedAt)
            member.phase = item.phase
            member.killAt = item.killAt
            return member
        }
        fleet = Fleet(
            serving: handover.serving, workers: generations[handover.serving]?.workers ?? 1,
            members: members, nextID: handover.nextID, now: loop.now)
    }

    private func takeUpClient(_ client: Handover.Client) {
        let request = PlainRequest(answeredLast: "POST", path: "/upgrade")
        guard let exchange = admin?.resume(client.descriptor, request) else {
            close(client.descriptor)
            return
        }
        let waiter = answerLater(exchange, asText: client.wantsText)
        if reloads.isRunning { reloads.join(waiter) } else { _ = reloads.request(waiter) }
    }

    /// Tells how the attempt ended, or brings up this program's own workers.
    private func goOn(_ handover: Handover) {
        guard let outcome = handover.outcome else {
            if !reloads.isRunning { _ = reloads.request() }
            reload()
            return
        }
        upgrade.last = (outcome.status, outcome.message, loop.wallNow)
        log.notice("this version goes on", ["version": .text(Version.text)])
        var verdict = verdict(outcome.status, outcome.message)
        verdict.report = outcome.report
        tellReady(self.verdict(ExitStatus.success, ""))
        if reloads.isRunning { answerWaiters(verdict) }
        performCommands()
    }
}

extension Handover {
    /// The counters; a map of this program's own if the other's is laid out in another way.
    func takeCounters() throws(SystemError) -> SharedCounters {
        if hasOtherMap { return try SharedCounters(totals: counters.totals) }
        let map = try SharedCounters(
            descriptor: counters.descriptor, slots: workers.map(\.slot), retired: counters.retired)
        for slot in orphans { map.retire(slot: slot) }
        return map
    }
}
