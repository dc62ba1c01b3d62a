import Glibc
import Operations
import Transport

/// Another program takes this one's place: in the same process, with the same children.
///
/// It is tried first (`BinaryTrial`). Then this process turns into it; the new program starts workers of its own as a
/// reload does, and turns back into the one before should they not come up. Workers serve all the while.
extension Master {
    /// Somebody wants the program at `path` to take over.
    func requestUpgrade(_ path: String?, _ waiter: @escaping ReloadQueue.Waiter) {
        guard let path, path.hasPrefix("/") else {
            waiter(verdict(ExitStatus.usage, "name the new program by its absolute path"))
            return
        }
        guard stopPhase == .running else {
            waiter(verdict(ExitStatus.failure, "the gateway is ending"))
            return
        }
        guard options.isUpgradable else {
            waiter(
                verdict(ExitStatus.failure, "\"gatehouse dev\" cannot be upgraded; end it and start it anew"))
            return
        }
        guard upgrade.wanted == nil, upgrade.trial == nil, upgrade.previous == nil else {
            waiter(verdict(ExitStatus.failure, "another upgrade is under way"))
            return
        }
        upgrade.wanted = (path, waiter)
        if !reloads.isRunning { startUpgrade() }
    }

    /// Begins what was asked for; a reload asked for from now on comes after it.
    func startUpgrade() {
        guard let wanted = upgrade.wanted else { return }
        upgrade.wanted = nil
        guard reloads.request(wanted.waiter) else { return }
        guard stopPhase == .running else {
            answerWaiters(verdict(ExitStatus.failure, "the gateway is ending"))
            return
        }
        log.notice("trying the program for an upgrade", ["program": .text(wanted.path)])
        do throws(BinaryTrial.Refusal) {
            let trial = try BinaryTrial(
                loop: loop, path: wanted.path, configuration: options.provider.path,
                handover: { [unowned self] in handover(image: -1) },
                onEnd: { [weak self] in self?.onTrialEnd($0) })
            upgrade.trial = trial
            try trial.start()
        } catch { refuseUpgrade(error) }
    }

    private func onTrialEnd(_ end: BinaryTrial.End) {
        switch end {
        case .success(let version):
            upgrade.version = version
            timers?.startUpgrade()
        case .failure(let refusal): refuseUpgrade(refusal)
        }
    }

    private func refuseUpgrade(_ refusal: BinaryTrial.Refusal) {
        upgrade.trial = nil
        reloadReport = refusal.report
        finishUpgrade(verdict(refusal.status, refusal.message + "; nothing has changed"))
    }

    /// An upgrade that did not take place.
    private func finishUpgrade(_ verdict: ReloadVerdict) {
        log.error("upgrade failed, the running version stays", ["reason": .text(verdict.message)])
        for line in verdict.report.split(separator: "\n") {
            log.dump("upgrade", [("text", .text(String(line)))])
        }
        upgrade.last = (verdict.status, verdict.message, loop.wallNow)
        reloadReport = ""
        answerWaiters(verdict)
    }

    /// Turns into the program that was tried.
    func changeProgram() {
        guard let trial = upgrade.trial else { return }
        upgrade.trial = nil
        guard stopPhase == .running else {
            finishUpgrade(verdict(ExitStatus.failure, "the gateway is ending"))
            return
        }
        let image = Self.openOwnImage()
        defer { if image >= 0 { close(image) } }
        log.notice("upgrading", ["from": .text(Version.text), "to": .text(upgrade.version)])
        writeLogs()
        let error = handover(image: image).pass(to: trial.binary.number)
        finishUpgrade(
            verdict(ExitStatus.failure, "the new program cannot be run: \(error.reason); nothing has changed")
        )
    }

    /// This program, whatever has become of its file.
    private static func openOwnImage() -> Int32 {
        let pathOnly: Int32 = 0o10000000
        return open(ChildProcess.ownImage, pathOnly | O_CLOEXEC)
    }

    private func writeLogs() {
        log.finish()
        audit.flush(milliseconds: 500)
    }

    // MARK: In the new program

    /// This program's first workers serve, or do not: then it gives way to the one before it.
    func proveProgram(_ verdict: inout ReloadVerdict) {
        guard let previous = upgrade.previous else { return }
        if verdict.status == ExitStatus.success {
            upgrade.previous = nil
            close(previous.image)
            upgrade.orphans = []
            if previous.hasOtherMap { close(previous.counters.descriptor) }
            log.notice("upgraded", ["from": .text(previous.version), "to": .text(Version.text)])
            verdict.message = "version \(Version.text) serves, generation \(verdict.generation)"
            upgrade.last = (verdict.status, verdict.message, loop.wallNow)
            return
        }
        guard stopPhase == .running else { return }
        goBack(previous, verdict)
    }

    private func goBack(_ previous: Handover, _ verdict: ReloadVerdict) {
        log.error(
            "the new version does not come up, the one before goes on", ["reason": .text(verdict.message)])
        writeLogs()
        var back = handover(image: -1, ofPreviousMap: previous.hasOtherMap)
        if previous.hasOtherMap {
            back.counters = previous.counters
            back.orphans = upgrade.orphans
        }
        back.outcome = Handover.Outcome(
            status: verdict.status,
            message: "\(verdict.message); version \(previous.version) goes on, nothing has changed",
            report: verdict.report)
        let error = back.pass(to: previous.image)
        log.error("the version before cannot be run any more", ["reason": .text(error.reason)])
    }

    // MARK: What is handed over

    /// All that the next program needs; `image` is open for this one. `ofPreviousMap`: it is the program before this one,
    /// which has another map of counters.
    func handover(image: Int32, ofPreviousMap: Bool = false) -> Handover {
        var handover = Handover(
            version: Version.text, state: state.path, lock: state.lockDescriptor, image: image,
            startedAt: startedAt, serving: fleet.serving, latestGeneration: latestGeneration,
            nextID: fleet.nextID,
            counters: Handover.Counters(
                descriptor: counters.descriptor, layout: SharedCounters.layout,
                retired: counters.retiredTotals, totals: counters.totals))
        handover.metrics = handedMetrics()
        handover.admin = adminSockets
        handover.inherited = inherited.all
        handover.configurations = generations.values.sorted { $0.number < $1.number }.map { generation in
            Handover.Configuration(
                number: generation.number, snapshot: generation.snapshot.descriptor,
                listeners: generation.number == fleet.serving ? generation.listenerDescriptors : [],
                workers: generation.workers, fingerprint: generation.fingerprint,
                loadedAt: generation.loadedAt, version: generation.version,
                metrics: generation.metrics.descriptor, metricLayout: generation.metrics.signature)
        }
        handover.workers = fleet.members.compactMap { member in
            workers[member.id].map { worker in
                Handover.Worker(
                    id: member.id, generation: member.generation, index: member.index, pid: worker.pid,
                    slot: worker.isCounted == !ofPreviousMap ? worker.slot : -1, startedAt: member.startedAt,
                    phase: member.phase,
                    killAt: member.killAt, channel: worker.channel.descriptor)
            }
        }
        handover.redis = redis?.handover
        handover.clients = clients.values.filter { $0.exchange.descriptor >= 0 }.map {
            Handover.Client(descriptor: $0.exchange.descriptor, wantsText: $0.asText)
        }
        handover.visitors = admin?.visitors ?? []
        return handover
    }
}
