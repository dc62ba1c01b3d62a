/// How a handover is written: a line that says the format, then a line for each thing with its values as in a query,
/// and `end` with a digest of all before it. Names that are not known are passed over, so that values can be added
/// without another format.
extension Handover {
    private static let head = "gatehouse handover format "

    /// The text.
    var encoded: [UInt8] {
        var text = Self.head + "\(Self.format)\n"
        func line(_ word: String, _ items: KeyValuePairs<String, String>) {
            text += word
            for (index, item) in items.enumerated() {
                text += (index == 0 ? " " : "&") + item.key + "=" + QueryItems.encode(item.value)
            }
            text += "\n"
        }
        line(
            "master",
            [
                "version": version, "state": state, "lock": "\(lock)", "image": "\(image)",
                "started": "\(startedAt)", "serving": "\(serving)", "latest": "\(latestGeneration)",
                "next": "\(nextID)",
            ])
        line("counters", ["descriptor": "\(counters.descriptor)", "layout": counters.layout])
        for (name, value) in counters.retired.sorted(by: { $0.key < $1.key }) {
            line(
                "counter",
                ["name": name, "retired": "\(value)", "total": "\(counters.totals[name] ?? value)"])
        }
        for series in metrics {
            line(
                "series",
                [
                    "metric": series.metric, "labels": series.labels.joined(separator: "\u{1f}"),
                    "cells": series.cells.map { "\($0)" }.joined(separator: "."),
                ])
        }
        for (path, descriptor) in admin.sorted(by: { $0.key < $1.key }) {
            line("admin", ["path": path, "descriptor": "\(descriptor)"])
        }
        for descriptor in inherited { line("inherited", ["descriptor": "\(descriptor)"]) }
        for item in configurations {
            line(
                "configuration",
                [
                    "number": "\(item.number)", "snapshot": "\(item.snapshot)",
                    "listeners": item.listeners.map { "\($0)" }.joined(separator: "."),
                    "workers": "\(item.workers)", "fingerprint": item.fingerprint,
                    "loaded": "\(item.loadedAt)", "version": item.version,
                    "metrics": "\(item.metrics)", "layout": item.metricLayout,
                ])
        }
        for worker in workers {
            line(
                "worker",
                [
                    "id": "\(worker.id)", "generation": "\(worker.generation)", "index": "\(worker.index)",
                    "pid": "\(worker.pid)", "slot": "\(worker.slot)", "started": "\(worker.startedAt)",
                    "phase": worker.phase.rawValue, "kill": "\(worker.killAt)",
                    "channel": "\(worker.channel)",
                ])
        }
        if let redis {
            line(
                "redis",
                [
                    "program": redis.program, "pid": "\(redis.pid)", "serving": redis.isServing ? "1" : "0",
                    "stopping": redis.isStopping ? "1" : "0", "started": "\(redis.startedAt)",
                ])
        }
        for client in clients {
            line("client", ["descriptor": "\(client.descriptor)", "text": client.wantsText ? "1" : "0"])
        }
        for descriptor in visitors { line("visitor", ["descriptor": "\(descriptor)"]) }
        for slot in orphans { line("orphan", ["slot": "\(slot)"]) }
        if let outcome {
            line(
                "outcome",
                ["status": "\(outcome.status)", "message": outcome.message, "report": outcome.report])
        }
        let bytes = Array(text.utf8)
        return bytes + Array("end \(Generation.fingerprint(of: bytes))\n".utf8)
    }

    /// Reads what `encoded` gave.
    ///
    /// - Throws: `HandoverFailure` if it is of another format, or damaged.
    init(_ bytes: [UInt8]) throws(HandoverFailure) {
        var lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        guard let first = lines.first, first.hasPrefix(Self.head) else {
            throw HandoverFailure(reason: "what the running gateway hands over is no handover")
        }
        guard first.dropFirst(Self.head.count) == "\(Self.format)" else {
            throw HandoverFailure(
                reason: "the running gateway hands over in format \(first.dropFirst(Self.head.count)), "
                    + "this version takes format \(Self.format)")
        }
        guard let last = lines.popLast(), bytes.count > last.utf8.count,
            last == "end " + Generation.fingerprint(of: Array(bytes.dropLast(last.utf8.count + 1)))
        else { throw HandoverFailure(reason: "the handover is damaged") }
        let parsed = try lines.dropFirst().map { line throws(HandoverFailure) in try Line(line) }
        guard let master = parsed.first(where: { $0.word == "master" }),
            let counters = parsed.first(where: { $0.word == "counters" })
        else { throw HandoverFailure(reason: "the handover has no master") }
        let counts = parsed.filter { $0.word == "counter" }
        self.init(
            version: try master.text("version"), state: try master.text("state"),
            lock: try master.number("lock"), image: try master.number("image"),
            startedAt: try master.number("started"), serving: try master.number("serving"),
            latestGeneration: try master.number("latest"), nextID: try master.number("next"),
            counters: Counters(
                descriptor: try counters.number("descriptor"), layout: try counters.text("layout"),
                retired: try Self.values(counts, "retired"), totals: try Self.values(counts, "total")))
        for line in parsed { try take(line) }
    }

    private static func values(
        _ lines: [Line], _ item: String
    ) throws(HandoverFailure) -> [String: UInt64] {
        var values: [String: UInt64] = [:]
        for line in lines { values[try line.text("name")] = try line.number(item) }
        return values
    }

    private mutating func take(_ line: Line) throws(HandoverFailure) {
        switch line.word {
        case "admin": admin[try line.text("path")] = try line.number("descriptor")
        case "inherited": inherited.append(try line.number("descriptor"))
        case "series": metrics.append(try Series(line))
        case "configuration": configurations.append(try Configuration(line))
        case "worker": workers.append(try Worker(line))
        case "redis":
            redis = Redis(
                program: try line.text("program"), pid: try line.number("pid"),
                isServing: try line.flag("serving"), isStopping: try line.flag("stopping"),
                startedAt: try line.number("started"))
        case "client":
            clients.append(
                Client(descriptor: try line.number("descriptor"), wantsText: try line.flag("text")))
        case "orphan": orphans.append(try line.number("slot"))
        case "visitor": visitors.append(try line.number("descriptor"))
        case "outcome":
            outcome = Outcome(
                status: try line.number("status"), message: try line.text("message"),
                report: try line.text("report"))
        default: break
        }
    }

    /// One of the lines after the first.
    fileprivate struct Line {
        let word: Substring
        private let items: QueryItems

        init(_ line: Substring) throws(HandoverFailure) {
            let parts = line.split(separator: " ")
            guard parts.count == 2 else { throw HandoverFailure(reason: "the handover is damaged") }
            word = parts[0]
            items = QueryItems(String(parts[1]))
        }

        func text(_ name: String) throws(HandoverFailure) -> String {
            guard let value = items[name] else {
                throw HandoverFailure(reason: "the handover says no \(name) of a \(word)")
            }
            return value
        }

        func number<Number: FixedWidthInteger>(_ name: String) throws(HandoverFailure) -> Number {
            guard let number = Number(try text(name)) else {
                throw HandoverFailure(reason: "the handover has a wrong \(name) of a \(word)")
            }
            return number
        }

        func flag(_ name: String) throws(HandoverFailure) -> Bool { try text(name) == "1" }
    }
}

extension Handover.Configuration {
    fileprivate init(_ line: Handover.Line) throws(HandoverFailure) {
        let listeners = try line.text("listeners").split(separator: ".")
        self.init(
            number: try line.number("number"), snapshot: try line.number("snapshot"),
            listeners: listeners.compactMap { Int32($0) }, workers: try line.number("workers"),
            fingerprint: try line.text("fingerprint"), loadedAt: try line.number("loaded"),
            version: try line.text("version"), metrics: try line.number("metrics"),
            metricLayout: try line.text("layout"))
        guard self.listeners.count == listeners.count, (1...4_096).contains(workers) else {
            throw HandoverFailure(reason: "the handover has a wrong configuration")
        }
    }
}

extension Handover.Series {
    fileprivate init(_ line: Handover.Line) throws(HandoverFailure) {
        let labels = try line.text("labels")
        self.init(
            metric: try line.text("metric"),
            labels: labels.isEmpty
                ? [] : labels.split(separator: "\u{1f}", omittingEmptySubsequences: false).map { String($0) },
            cells: try line.text("cells").split(separator: ".").compactMap { UInt64($0) })
    }
}

extension Handover.Worker {
    fileprivate init(_ line: Handover.Line) throws(HandoverFailure) {
        guard let phase = Fleet.Phase(rawValue: try line.text("phase")) else {
            throw HandoverFailure(reason: "the handover has a worker in an unknown phase")
        }
        self.init(
            id: try line.number("id"), generation: try line.number("generation"),
            index: try line.number("index"), pid: try line.number("pid"), slot: try line.number("slot"),
            startedAt: try line.number("started"), phase: phase, killAt: try line.number("kill"),
            channel: try line.number("channel"))
    }
}
