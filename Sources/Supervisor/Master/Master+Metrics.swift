import GatewayConfig
import Glibc
import Operations
import Transport

/// What `/metrics` tells: what the workers count, and what only the master knows.
extension Master {
    func metrics(accept: String?) -> PlainResponse {
        let format = MetricText.Format(accept: accept)
        // However many ask at the same time, it is put together once: the master has other things to do.
        if let scrape, scrape.at == loop.nowMicroseconds, scrape.answer.type == format.type {
            return scrape.answer
        }
        let body = MetricText.write(format, metricTotals, live: liveMetrics(), known: knownMetrics())
        let answer = PlainResponse(status: 200, type: format.type, body: body)
        scrape = (loop.nowMicroseconds, answer)
        return answer
    }

    /// The latest generation first.
    func liveMetrics() -> [(map: MetricMap, workers: [Int])] {
        generations.keys.sorted(by: >).compactMap { number in
            guard let generation = generations[number] else { return nil }
            let members = workers.values.filter { $0.generation == number }.map(\.index)
            return members.isEmpty ? nil : (generation.metrics, members.sorted())
        }
    }

    private func knownMetrics() -> [Metric: [(labels: [String], value: UInt64)]] {
        var known: [Metric: [(labels: [String], value: UInt64)]] = [:]
        func set(_ metric: Metric, _ value: some BinaryInteger) {
            known[metric] = [([], UInt64(clamping: value))]
        }
        known[.buildInfo] = [([Version.text, Version.swift, Version.commit], 1)]
        set(.startTime, startedAtWall / 1_000)
        if let generation = generations[fleet.serving] {
            known[.configInfo] = [([String(generation.fingerprint.prefix(16))], 1)]
            set(.configReloadTime, generation.loadedAt / 1_000)
            known[.certificateEnd] = certificateEnds(generation.settings)
        }
        known[.configReloads] = ReloadLabel.allCases.map { ([$0.label], reloadCounts[$0.rawValue]) }
        set(.configReloadSuccessful, lastReload?.verdict.status == ExitStatus.success ? 1 : 0)
        set(.workers, fleet.readyCount)
        set(.hashQueue, max(0, counters.value(.hashJobs)))
        set(.redisConnections, max(0, counters.value(.redisConnections)))
        set(.logDropped, counters.total(.logLinesDropped) &+ UInt64(clamping: log.dropped + audit.dropped))
        addProcess(&known)
        return known
    }

    private func certificateEnds(_ settings: Settings) -> [(labels: [String], value: UInt64)] {
        var ends: [(labels: [String], value: UInt64)] = []
        for item in settings.listeners.flatMap({ $0.tls?.certificates ?? [] }) {
            guard !ends.contains(where: { $0.labels == [item.path] }),
                let certificate = try? TLSCertificate(certificate: item.certificate, key: item.key)
            else { continue }
            ends.append(
                ([item.path], UInt64(clamping: loop.wallNow / 1_000 + Int64(certificate.secondsLeft))))
        }
        return ends
    }

    private func addProcess(_ known: inout [Metric: [(labels: [String], value: UInt64)]]) {
        let usage = ProcessUsage.total(of: [getpid()] + workers.values.map(\.pid))
        known[.processCPU] = [([], usage.cpuMicroseconds)]
        known[.processMemory] = [([], usage.residentBytes)]
        known[.processOpenFiles] = [([], usage.openFiles)]
        known[.processMaxFiles] = [([], usage.maximumFiles)]
        known[.processStartTime] = [([], UInt64(clamping: startedAtWall / 1_000))]
    }

    /// The start itself is no reload.
    func countReload(_ verdict: ReloadVerdict) {
        if lastReload == nil || verdict.generation == 0 { return }
        let label: ReloadLabel =
            switch verdict.status {
            case ExitStatus.success: .success
            case ExitStatus.configuration: .rejected
            default: .failed
            }
        reloadCounts[label.rawValue] &+= 1
    }

    // MARK: From one program to the next

    func handedMetrics() -> [Handover.Series] {
        let reloads = ReloadLabel.allCases.map {
            Handover.Series(
                metric: Metric.configReloads.definition.name, labels: [$0.label],
                cells: [reloadCounts[$0.rawValue]])
        }
        return reloads
            + metricTotals.kept.map {
                Handover.Series(metric: $0.metric.definition.name, labels: $0.labels, cells: $0.cells)
            }
    }

    func takeUpMetrics(_ handed: [Handover.Series]) {
        for series in handed {
            guard let metric = Metric.allCases.first(where: { $0.definition.name == series.metric }) else {
                continue
            }
            if metric == .configReloads {
                let label = ReloadLabel.allCases.first { [$0.label] == series.labels }
                if let label, let count = series.cells.first { reloadCounts[label.rawValue] = count }
            } else {
                metricTotals.keep(metric, labels: series.labels, cells: series.cells)
            }
        }
    }
}
