import Accounts
import GatewayConfig
import HTTPCore
import Operations
import Sessions

/// Writes the audit lines of one request. A copy of what they say about the request, so that what a helper thread or
/// Redis has done is told also if the client has gone meanwhile.
struct AuditTrail {
    private let book: AuditBook
    private let origin: AuditLog.Fields
    private let meter: RealmMeter

    fileprivate init(_ book: AuditBook, _ origin: AuditLog.Fields, _ meter: RealmMeter) {
        self.book = book
        self.meter = meter
        self.origin = origin
    }

    /// Writes a line: the request, then `fields`.
    func record(_ event: AuditEvent, _ fields: AuditLog.Fields = []) {
        book.log.record(event, origin + fields)
        meter.note(event, fields)
    }

    /// Writes the line if what was tried is done, whether or not the client has waited, then calls `then`.
    func recording(
        _ event: AuditEvent, _ fields: AuditLog.Fields, _ then: @escaping (Bool) -> Void
    ) -> (Bool) -> Void {
        { isDone in
            if isDone { record(event, fields) }
            then(isDone)
        }
    }

    /// Writes the line of a login that failed. The name is shown only if a user has it.
    func recordFailure(_ reason: String, name: [UInt8], isUser: Bool) {
        var fields: AuditLog.Fields = [("reason", .text(reason))]
        if isUser, let name = LoginName(name) { fields.append(("name", .text(name.canonical))) }
        fields.append(nameDigest(name))
        record(.loginFailed, fields)
    }

    /// Writes the line of an attempt that was not even made. Nobody has looked whether there is such a user.
    func recordThrottled(name: [UInt8], seconds: Int) {
        record(.throttled, [nameDigest(name), ("retry_after", .number(seconds))])
    }

    private func nameDigest(_ name: [UInt8]) -> (key: String, value: LogValue) {
        ("name_hash", .text(book.digest(ofName: name)))
    }
}

extension Exchange {
    /// What the audit log says about this request to an endpoint of `realm`.
    func auditTrail(_ realm: Realm) -> AuditTrail {
        let address = worker.audit.masksClients ? PeerAddress.masked(clientAddress) : clientAddress
        var origin: AuditLog.Fields = [
            ("request_id", .text(requestIDText)), ("client", .text(String(decoding: address, as: UTF8.self))),
            ("realm", .text(realm.settings.name)),
        ]
        if let agent = field(.userAgent) {
            origin.append(("ua", .text(String(decoding: agent.prefix(120), as: UTF8.self))))
        }
        return AuditTrail(worker.audit, origin, realm.meter)
    }
}

extension SessionRecord {
    /// Who has this session.
    var auditOwner: AuditLog.Fields {
        [
            ("user", .text(String(decoding: userID, as: UTF8.self))),
            ("name", .text(String(decoding: name, as: UTF8.self))),
        ]
    }

    /// Who has this session, and which it is.
    var auditFields: AuditLog.Fields {
        auditOwner + [("session", .text(String(decoding: handle, as: UTF8.self)))]
    }
}

extension Identity {
    /// Who asks.
    var auditOwner: AuditLog.Fields {
        [
            ("user", .text(String(decoding: userID, as: UTF8.self))),
            ("name", .text(String(decoding: name, as: UTF8.self))),
        ]
    }

    /// Who asks, and with which session.
    var auditFields: AuditLog.Fields {
        auditOwner + [("session", .text(String(decoding: handle, as: UTF8.self)))]
    }
}
