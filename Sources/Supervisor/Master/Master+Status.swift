import GatewayConfig
import Glibc
import Operations
import Transport

/// What `/status` and SIGUSR2 tell.
extension Master {
    func statusJSON() -> [UInt8] { status(withMembers: true).bytes + [0x0a] }

    /// Bytes of state that a line of the log has room for; a field that does not fit is left out of it.
    private static let logRoom = 3_000

    /// What fits into a line of the log: each worker writes a line of its own there.
    func statusForLog() -> [UInt8] {
        let all = status(withMembers: true).bytes
        return all.count < Self.logRoom ? all : status(withMembers: false).bytes
    }

    private func status(withMembers: Bool) -> JSONObject {
        var json = JSONObject()
        json.add("pid", Int(getpid()))
        json.add("version", Version.text)
        json.add("uptime_s", Int((loop.now - startedAt) / 1_000))
        json.add("phase", stopPhase == .running ? (fleet.readyCount > 0 ? "serving" : "starting") : "ending")
        json.add("generation", fleet.serving)
        json.add("config", configuration())
        if let last = upgrade.last {
            var attempt = JSONObject()
            attempt.add("status", Int(last.status))
            attempt.add("at", Self.time(last.at))
            attempt.add("message", last.message)
            json.add("last_upgrade", attempt)
        }
        if withMembers { json.add("workers", members()) }
        json.add("redis", redisState())
        if withMembers { json.add("upstreams", pools()) }
        var gauges = JSONObject()
        for gauge in Gauge.allCases { gauges.add("\(gauge)", counters.value(gauge)) }
        json.add("gauges", gauges)
        var totals = JSONObject()
        for counter in Counter.allCases { totals.add("\(counter)", Int(clamping: counters.total(counter))) }
        json.add("counters", totals)
        return json
    }

    private func configuration() -> JSONObject {
        var json = JSONObject()
        json.add("path", options.provider.path)
        if let generation = generations[fleet.serving] {
            json.add("sha256", generation.fingerprint)
            json.add("loaded_at", Self.time(generation.loadedAt))
            json.add("listen", generation.settings.listeners.map(\.endpoint.text))
        }
        if let lastReload {
            var reload = JSONObject()
            reload.add("status", Int(lastReload.verdict.status))
            reload.add("at", Self.time(lastReload.at))
            reload.add("message", lastReload.verdict.message)
            json.add("last_reload", reload)
        }
        return json
    }

    private func members() -> [JSONObject] {
        fleet.members.map { member in
            var json = JSONObject()
            json.add("index", member.index)
            json.add("generation", member.generation)
            json.add("version", generations[member.generation]?.version ?? Version.text)
            json.add("pid", Int(workers[member.id]?.pid ?? 0))
            json.add("phase", member.phase.rawValue)
            json.add("uptime_s", Int((loop.now - member.startedAt) / 1_000))
            return json
        }
    }

    private struct ServerState {
        var upstream: String
        var name: String
        var isUp: Bool
        var active: Int
        var idle: Int
        /// Who waits for a connection to any server of the upstream.
        var waiting: Int
    }

    /// Servers of upstreams with their connections, and who waits for one, as the workers told within the last second.
    private func servers() -> [ServerState] {
        let live = liveMetrics()
        let connections = metricTotals.values(.upstreamConnections, live)
        let queues = metricTotals.values(.upstreamQueue, live)
        return metricTotals.values(.serverUp, live).map { server in
            func count(_ state: ConnectionStateLabel) -> Int {
                connections.first { $0.labels == server.labels + [state.label] }?.value ?? 0
            }
            return ServerState(
                upstream: server.labels[0], name: server.labels[1], isUp: server.value == 1,
                active: count(.active), idle: count(.idle),
                waiting: queues.first { $0.labels == [server.labels[0]] }?.value ?? 0)
        }
    }

    private func pools() -> [JSONObject] {
        servers().map { server in
            var json = JSONObject()
            json.add("upstream", server.upstream)
            json.add("server", server.name)
            json.add("up", server.isUp)
            json.add("active", server.active)
            json.add("idle", server.idle)
            json.add("waiting", server.waiting)
            return json
        }
    }

    private func redisState() -> JSONObject {
        var json = JSONObject()
        json.add("managed", redis != nil)
        if let redis {
            json.add("pid", Int(redis.pid ?? 0))
            json.add("serving", redis.isServing)
        }
        let live = liveMetrics()
        json.add("reached", metricTotals.values(.redisUp, live).first?.value == 1)
        json.add("connections", counters.value(.redisConnections))
        json.add("pending", metricTotals.values(.redisPending, live).first?.value ?? 0)
        return json
    }

    /// The same for people.
    func statusText() -> String {
        var lines = [
            "gatehouse \(Version.text), pid \(getpid()), up \(Self.duration(loop.now - startedAt)), "
                + (stopPhase == .running ? (fleet.readyCount > 0 ? "serving" : "starting") : "ending"),
            "configuration  \(options.provider.path), generation \(fleet.serving)",
        ]
        if let generation = generations[fleet.serving] {
            lines[1] +=
                ", loaded \(Self.time(generation.loadedAt)), sha256 \(generation.fingerprint.prefix(16))"
            lines.append(
                "listening      " + generation.settings.listeners.map(\.endpoint.text).joined(separator: " "))
        }
        if let lastReload, lastReload.verdict.status != ExitStatus.success {
            lines.append("last reload    failed \(Self.time(lastReload.at)): \(lastReload.verdict.message)")
        }
        if let last = upgrade.last {
            let result = last.status == ExitStatus.success ? "" : "failed "
            lines.append("last upgrade   \(result)\(Self.time(last.at)): \(last.message)")
        }
        lines.append(redisLine())
        lines += serverLines()
        lines.append(
            "in use         " + Gauge.allCases.map { "\($0) \(counters.value($0))" }.joined(separator: ", "))
        lines.append(
            "so far         "
                + Counter.allCases.map { "\($0) \(counters.total($0))" }.joined(separator: ", "))
        for member in fleet.members {
            let pid = workers[member.id]?.pid ?? 0
            lines.append(
                "worker \(member.index)       pid \(pid), generation \(member.generation)\(otherVersion(member.generation)), "
                    + "\(member.phase.rawValue), "
                    + "up \(Self.duration(loop.now - member.startedAt))")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func redisLine() -> String {
        let isReached = metricTotals.values(.redisUp, liveMetrics()).first?.value == 1
        let reached = isReached ? "reached by every worker" : "not reached by every worker"
        guard let redis else { return "redis          \(reached)" }
        let state = redis.isServing ? "serving" : "not serving"
        return "redis          managed, pid \(redis.pid ?? 0), \(state), \(reached)"
    }

    /// One for each server of the upstreams, as the workers told within the last second.
    private func serverLines() -> [String] {
        servers().map { server in
            let waiting = server.waiting > 0 ? ", \(server.waiting) waiting" : ""
            return "upstream       \(server.upstream) \(server.name) \(server.isUp ? "up" : "DOWN"), "
                + "connections active \(server.active), idle \(server.idle)\(waiting)"
        }
    }

    private func otherVersion(_ generation: Int) -> String {
        guard let version = generations[generation]?.version, version != Version.text else { return "" }
        return " of version \(version)"
    }

    private static func duration(_ milliseconds: Int64) -> String {
        let seconds = milliseconds / 1_000
        if seconds < 60 { return "\(seconds) s" }
        if seconds < 3_600 { return "\(seconds / 60) min" }
        if seconds < 172_800 { return "\(seconds / 3_600) h \(seconds / 60 % 60) min" }
        return "\(seconds / 86_400) d"
    }

    private static func time(_ milliseconds: Int64) -> String {
        var text: [UInt8] = []
        Timestamp.append(milliseconds, to: &text)
        return String(decoding: text, as: UTF8.self)
    }
}

/// A JSON object as it is written.
struct JSONObject {
    private var content: [UInt8] = []

    var bytes: [UInt8] { [UInt8(ascii: "{")] + content + [UInt8(ascii: "}")] }

    mutating func add(_ name: String, _ value: Int) {
        key(name)
        content.append(contentsOf: "\(value)".utf8)
    }

    mutating func add(_ name: String, _ value: Bool) {
        key(name)
        content.append(contentsOf: (value ? "true" : "false").utf8)
    }

    mutating func add(_ name: String, _ value: String) {
        key(name)
        JSONText.append(value, to: &content)
    }

    mutating func add(_ name: String, _ value: JSONObject) {
        key(name)
        content.append(contentsOf: value.bytes)
    }

    mutating func add(_ name: String, _ values: [JSONObject]) {
        list(name, values.map(\.bytes))
    }

    mutating func add(_ name: String, _ values: [String]) {
        list(
            name,
            values.map { value in
                var bytes: [UInt8] = []
                JSONText.append(value, to: &bytes)
                return bytes
            })
    }

    private mutating func list(_ name: String, _ items: [[UInt8]]) {
        key(name)
        content.append(UInt8(ascii: "["))
        content.append(contentsOf: items.joined(separator: [UInt8(ascii: ",")]))
        content.append(UInt8(ascii: "]"))
    }

    private mutating func key(_ name: String) {
        if !content.isEmpty { content.append(UInt8(ascii: ",")) }
        JSONText.append(name, to: &content)
        content.append(UInt8(ascii: ":"))
    }
}
