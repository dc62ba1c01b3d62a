import GatewayConfig
import Glibc
import Operations
import Secrets
import Transport

/// From a configuration to a generation of workers that serves it.
extension Master {
    /// Somebody wants the configuration read again.
    func requestReload(_ waiter: @escaping ReloadQueue.Waiter = { _ in }) {
        guard stopPhase == .running else {
            waiter(verdict(ExitStatus.failure, "the gateway is ending"))
            return
        }
        if reloads.request(waiter) { reload() }
    }

    /// Somebody may have changed a file.
    func lookAtFiles() {
        guard options.watchesFiles, stopPhase == .running, watch.look() else { return }
        log.notice("the configuration has changed", ["config": .text(options.provider.path)])
        requestReload()
    }

    func reload() {
        log.notice("reloading", ["config": .text(options.provider.path)])
        tellReloading()
        let reading = options.provider.read()
        watch.follow(reading.files)
        reloadReport = reading.report
        guard reading.settings != nil else {
            finishReload(verdict(ExitStatus.configuration, reading.summary))
            return
        }
        do throws(ExitFailure) {
            let generation = try prepare(reading)
            isReloadOfTheSame = generations[fleet.serving]?.fingerprint == generation.fingerprint
            try bringUp(generation)
        } catch {
            listeners.rollBack()
            let isConfiguration = error.status == ExitStatus.configuration
            finishReload(
                verdict(isConfiguration ? ExitStatus.configuration : ExitStatus.failure, error.message))
        }
    }

    /// Opens and makes what `reading` needs. After a failure nothing is changed.
    func prepare(_ reading: ConfigurationReading, patience: Int = 0) throws(ExitFailure) -> Generation {
        var reading = reading
        guard var settings = reading.settings else {
            throw ExitFailure(status: ExitStatus.configuration, message: reading.summary)
        }
        try refuseFixedChanges(settings)
        if try createKeys(settings) {
            reading = options.provider.read()
            guard let again = reading.settings else {
                throw ExitFailure(status: ExitStatus.configuration, message: reading.summary)
            }
            settings = again
        }
        let descriptors = try listeners.prepare(settings.listeners, patience: patience)
        latestGeneration += 1
        ticketSecret.advance(to: loop.wallNow)
        let workers = settings.workers ?? CPUAllowance.count()
        do throws(SystemError) {
            return Generation(
                number: latestGeneration, settings: settings,
                snapshot: try Snapshot(ticketSecret.stamped(reading.snapshot)),
                metrics: try MetricMap(MetricLayout(settings, workers: workers), workers: workers),
                listenerDescriptors: descriptors, workers: workers,
                fingerprint: Generation.fingerprint(of: reading.snapshot), loadedAt: loop.wallNow)
        } catch {
            listeners.rollBack()
            throw ExitFailure(status: ExitStatus.failure, message: "\(error)")
        }
    }

    /// `state` and `admin` name what this very process holds.
    private func refuseFixedChanges(_ settings: Settings) throws(ExitFailure) {
        guard let current = generations[fleet.serving]?.settings else { return }
        if (settings.stateDirectory ?? "state") != (current.stateDirectory ?? "state") {
            throw ExitFailure(
                status: ExitStatus.configuration,
                message: "state cannot change while the gateway runs; restart it")
        }
        if settings.admin != current.admin {
            throw ExitFailure(
                status: ExitStatus.configuration,
                message: "admin cannot change while the gateway runs; restart it")
        }
    }

    /// Whether a key file was made.
    private func createKeys(_ settings: Settings) throws(ExitFailure) -> Bool {
        var hasCreated = false
        for case .created(let path) in settings.session.keys {
            do throws(KeyFileFailure) { _ = try KeyFile.readOrCreate(path: path) } catch {
                throw ExitFailure(
                    status: ExitStatus.cannotCreate,
                    message: "cannot make the key file \(path): \(error.text)")
            }
            watch.accept(path)
            log.notice("made a session key", ["path": .text(path)])
            hasCreated = true
        }
        return hasCreated
    }

    /// Starts the workers of `generation`, after Redis if that is to be started first.
    func bringUp(_ generation: Generation) throws(ExitFailure) {
        generations[generation.number] = generation
        guard generation.needsManagedRedis, redis?.isServing != true else {
            begin(generation)
            return
        }
        waitingForRedis = generation
        do throws(ExitFailure) {
            if redis == nil { try startRedis() }
        } catch {
            waitingForRedis = nil
            generations[generation.number] = nil
            throw error
        }
    }

    func begin(_ generation: Generation) {
        fleet.begin(generation: generation.number, workers: generation.workers, now: loop.now)
        performCommands()
    }

    // MARK: How it ends

    /// All workers of the generation serve.
    func onSwitched(_ number: Int) {
        guard let generation = generations[number] else { return }
        listeners.commit(generation.settings.listeners)
        warnOfShortQueues(generation.settings.listeners)
        let isFirst = number == 1 && lastReload == nil
        log.notice(
            isFirst ? "serving" : "the new configuration serves",
            [
                "generation": .number(number), "workers": .number(generation.workers),
                "listen": .text(generation.settings.listeners.map(\.endpoint.text).joined(separator: " ")),
                "config_sha256": .text(String(generation.fingerprint.prefix(16))),
            ])
        auditLoaded(generation)
        if isFirst { options.onServing() }
        switched = number
        timers?.startHandover(Self.handoverLimit)
    }

    /// Milliseconds that an old worker may take to stop listening before the reload is over without it.
    private static let handoverLimit = 2_000

    /// Tells the verdict once no old worker accepts any more: whoever waited for it meets the new configuration.
    func finishSwitch(isLate: Bool = false) {
        guard let number = switched, handingOver.isEmpty || isLate else { return }
        switched = nil
        handingOver = []
        timers?.stopHandover()
        let note = isReloadOfTheSame ? "; the configuration on disk is the one that was loaded already" : ""
        finishReload(verdict(ExitStatus.success, "generation \(number) serves\(note)"))
    }

    /// The generation did not come up.
    func onAbandoned(_ number: Int, _ reason: String) {
        listeners.rollBack()
        guard fleet.serving > 0 else {
            guard stopPhase == .running else { return }
            if let trouble = redisTrouble {
                giveUpStart(withoutRedis(trouble, number), ExitStatus.unavailable)
            } else {
                giveUpStart(reason, ExitStatus.failure)
            }
            return
        }
        finishReload(verdict(ExitStatus.failure, "the new workers did not start: \(reason)"))
    }

    private func withoutRedis(_ trouble: String, _ number: Int) -> String {
        let place =
            switch generations[number]?.settings.redis.server {
            case .external(let endpoint): endpoint.text
            default: "managed"
            }
        return """
            \(trouble) (redis \(place)); start it, correct "redis" in \(options.provider.path), \
            or leave --require-redis away to start without it
            """
    }

    /// The last worker of the generation is gone.
    func onEnded(_ number: Int) {
        generations[number] = nil
        metricTotals.prune(generations.values.map(\.metrics))
        stopUnneededRedis()
    }

    func stopUnneededRedis() {
        guard stopPhase == .running, let redis, !generations.values.contains(where: \.needsManagedRedis)
        else {
            return
        }
        log.notice("redis-server is not needed any more")
        redis.stop()
    }

    func verdict(_ status: Int32, _ message: String) -> ReloadVerdict {
        ReloadVerdict(status: status, generation: fleet.serving, message: message, report: reloadReport)
    }

    func finishReload(_ verdict: ReloadVerdict) {
        var verdict = verdict
        if upgrade.previous != nil { proveProgram(&verdict) }
        // The start that failed has been told in its own words.
        if verdict.status != ExitStatus.success, fleet.serving > 0 {
            auditRejected(verdict)
            log.error("reload failed, the old configuration stays", ["reason": .text(verdict.message)])
            for line in verdict.report.split(separator: "\n") {
                log.dump("configuration", [("text", .text(String(line)))])
            }
        }
        countReload(verdict)
        lastReload = (verdict, loop.wallNow)
        tellReady(verdict)
        reloadReport = ""
        answerWaiters(verdict)
    }

    /// What was asked for is over; the next begins.
    func answerWaiters(_ verdict: ReloadVerdict) {
        let (waiters, startsNext) = reloads.finish()
        for waiter in waiters { waiter(verdict) }
        if startsNext, stopPhase == .running {
            reload()
        } else if startsNext {
            finishReload(self.verdict(ExitStatus.failure, "the gateway is ending"))
        } else {
            startUpgrade()
        }
    }
}
