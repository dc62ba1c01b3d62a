import CLinux
import GatewayConfig
import Operations
import Secrets
import Transport

/// What the master tells the audit log: configurations, and what operators do.
extension Master {
    /// A configuration has been put to work.
    func auditLoaded(_ generation: Generation) {
        followLogSettings(generation.settings.log)
        audit.record(
            .configLoaded,
            [
                ("generation", .number(generation.number)), ("config", .text(options.provider.path)),
                ("config_sha256", .text(String(generation.fingerprint.prefix(16)))),
                ("workers", .number(generation.workers)),
            ])
        auditKeys(generation.settings.session)
    }

    /// A configuration was not put to work, and the one before stays.
    func auditRejected(_ verdict: ReloadVerdict) {
        audit.record(
            .configRejected,
            [
                ("generation", .number(verdict.generation)), ("config", .text(options.provider.path)),
                ("status", .number(Int(verdict.status))), ("reason", .text(verdict.message)),
            ])
    }

    private func followLogSettings(_ settings: LogSettings) {
        guard
            settings.requestDestination != auditSettings.requestDestination
                || settings.format != auditSettings.format
        else { return }
        do throws(LogFailure) {
            let next = try AuditLog(settings)
            audit.stop()
            audit = next
            auditSettings = settings
        } catch {
            log.error(
                "the audit log cannot go where the configuration wants it",
                ["reason": .text(SystemError.text(error.errno))])
        }
    }

    func auditKeys(_ session: SessionSettings) {
        let keys: [[UInt8]] = session.keys.compactMap {
            if case .bytes(let bytes) = $0 { bytes } else { nil }
        }
        guard let ring = try? KeyRing(keys) else { return }
        let names = ring.keys.map { String(decoding: $0.id, as: UTF8.self) }
        // At the start they are not new: they are those of the sessions that there are.
        if !keyIDs.isEmpty {
            for name in names where !keyIDs.contains(name) { audit.record(.keyAdded, [("key", .text(name))]) }
            for name in keyIDs where !names.contains(name) {
                audit.record(.keyRetired, [("key", .text(name))])
            }
        }
        keyIDs = names
    }

    // MARK: Operators

    /// Somebody at the admin socket changes something.
    func auditCommand(_ exchange: PlainExchange, isReport: Bool = false) {
        let items = QueryItems(exchange.request.query)
        var words = items[all: "word"]
        if words.isEmpty { words = [exchange.request.method, exchange.request.path] }
        var json: [UInt8] = []
        for word in CommandWords.withoutSecrets(words) {
            json.append(json.isEmpty ? UInt8(ascii: "[") : UInt8(ascii: ","))
            JSONText.append(word, to: &json)
        }
        json.append(UInt8(ascii: "]"))
        let pid = peer(exchange)?.pid ?? 0
        if isReport, let last = auditedCommand, last.pid == pid, last.argv == json { return }
        auditedCommand = (pid, json)
        audit.record(.adminCommand, [("argv", .json(json))] + operatorFields(exchange))
    }

    /// A command has done something by itself, and says so.
    func takeReport(_ exchange: PlainExchange) -> PlainResponse {
        let items = QueryItems(exchange.request.query)
        guard let event = items["event"].flatMap({ AuditEvent(rawValue: $0) }) else {
            return .text(400, "there is no such event\n")
        }
        auditCommand(exchange, isReport: true)
        var fields: AuditLog.Fields = []
        for (name, value) in items.with(prefix: "text.") where Self.isFieldName(name) {
            fields.append((name, .text(value)))
        }
        for (name, value) in items.with(prefix: "number.") where Self.isFieldName(name) {
            if let number = Int(value) { fields.append((name, .number(number))) }
        }
        audit.record(event, fields + operatorFields(exchange))
        if event == .sessionRevoked { countEnded(items) }
        return .text(200, "noted\n")
    }

    /// Sessions that a command has ended are counted with those that workers end.
    private func countEnded(_ items: QueryItems) {
        let realms = generations[fleet.serving]?.settings.realms ?? []
        guard let realm = items["text.realm"], realms.contains(where: { $0.name == realm }),
            let count = items["number.sessions"].flatMap({ UInt64($0) }), count <= 100_000_000
        else { return }
        let reason = SessionEndLabel.allCases.first { $0.label == items["text.reason"] } ?? .revoked
        metricTotals.keep(.sessionsEnded, labels: [realm, reason.label], cells: [count])
    }

    /// Lower-case letters, and none of the names that every line has.
    private static func isFieldName(_ name: String) -> Bool {
        let own = ["ts", "log", "event", "uid", "pid", "argv"]
        return (1...32).contains(name.utf8.count) && !own.contains(name)
            && name.utf8.allSatisfy { $0 == UInt8(ascii: "_") || UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 }
    }

    /// Who is at the other end of the socket (SO_PEERCRED, unix(7)).
    private func operatorFields(_ exchange: PlainExchange) -> AuditLog.Fields {
        guard let peer = peer(exchange) else { return [] }
        return [("uid", .number(Int(peer.uid))), ("pid", .number(Int(peer.pid)))]
    }

    private func peer(_ exchange: PlainExchange) -> clinux_ucred? {
        var peer = clinux_ucred()
        let isKnown =
            exchange.descriptor >= 0 && clinux_peer_credentials(exchange.descriptor, &peer) == 0
        return isKnown ? peer : nil
    }
}
