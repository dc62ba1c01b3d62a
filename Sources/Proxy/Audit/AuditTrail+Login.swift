import Accounts
import Operations
import Sessions

/// Logins and registrations.
extension AuditTrail {
    /// Tells of a login that came to nothing, whether or not the client still waits for the answer.
    func recordLogin(_ outcome: AccountsDesk.Outcome, name: [UInt8]) {
        switch outcome {
        case .rejected(let reason, _):
            recordFailure(reason.rawValue, name: name, isUser: reason != .unknownName)
        case .unavailable: recordFailure("store_unavailable", name: name, isUser: false)
        default: break
        }
    }

    /// Tells of a session that was made by a login or a registration (`event`), or why there is none.
    func recordSession(_ outcome: SessionCreation, _ record: SessionRecord, _ event: AuditEvent) {
        switch outcome {
        case .created(let evicted):
            self.record(event, record.auditFields)
            if evicted > 0 {
                let newcomer = LogValue.text(String(decoding: record.handle, as: UTF8.self))
                self.record(
                    .sessionEvicted, record.auditOwner + [("sessions", .number(evicted)), ("by", newcomer)])
            }
        case .limitReached: recordLost(record, event, "session_limit")
        case .unavailable: recordLost(record, event, "sessions_unavailable")
        }
    }

    /// Tells of a password that was changed, or was not because the current one was wrong. That every other session
    /// ends with it goes without saying.
    func recordPassword(_ outcome: AccountsDesk.PasswordOutcome, _ who: AuditLog.Fields) {
        switch outcome {
        case .changed: record(.passwordChanged, who)
        case .rejected(let reason, _):
            record(.loginFailed, who + [("reason", .text(reason.rawValue)), ("during", "password_change")])
        case .weakPassword, .unavailable: break
        }
    }

    /// Tells that a user has ended one of the own sessions; that of the request itself is a logout.
    func recordingEnd(
        of handle: [UInt8], by identity: Identity, _ then: @escaping (Bool) -> Void
    ) -> (Bool) -> Void {
        let ended = LogValue.text(String(decoding: handle, as: UTF8.self))
        let current = LogValue.text(String(decoding: identity.handle, as: UTF8.self))
        let who = identity.auditOwner + [("session", ended)]
        if ended == current { return recording(.logout, who + [("everywhere", false)], then) }
        return recording(.sessionRevoked, who + [("by", current)], then)
    }

    /// Tells that a user has ended all own sessions but that of the request, and how many they were; nil: nobody can
    /// tell.
    func recordingOthers(_ identity: Identity, _ then: @escaping (Int?) -> Void) -> (Int?) -> Void {
        let current = LogValue.text(String(decoding: identity.handle, as: UTF8.self))
        let who = identity.auditOwner + [("session", "others"), ("by", current)]
        return { count in
            if let count { record(.sessionRevoked, who + [("sessions", .number(count))]) }
            then(count)
        }
    }

    /// Tells of an account whose maker did not wait for a session.
    func recordAccount(_ user: UserRecord) {
        record(.register, [("user", .text(user.id.text)), ("name", .text(user.name.canonical))])
    }

    private func recordLost(_ record: SessionRecord, _ event: AuditEvent, _ reason: String) {
        self.record(event == .login ? .loginFailed : event, record.auditOwner + [("reason", .text(reason))])
    }
}
