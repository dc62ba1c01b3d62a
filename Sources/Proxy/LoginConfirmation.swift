import Accounts
import Sessions

/// What a second look at a user says about the session that was just made.
enum LoginConfirmation {
    /// The session stays, as the record says.
    case confirmed(SessionRecord)
    /// The user may not log in any more, or not with this password. The session has ended.
    case rejected(BadCredentials)
    /// Nobody can tell. The session has ended.
    case unavailable
}

extension Realm {
    /// Second looks at one login, at most: each finds the roles changed again.
    private static let confirmationLimit = 5

    /// Looks at `user` once more now that the session is there. A command or another gateway that changed the user
    /// after the password was checked, and before the record was written, did not find the session (decision 13).
    func confirm(
        _ record: SessionRecord, of user: UserRecord, password: [UInt8], attempt: Int = 1,
        completion: @escaping (LoginConfirmation) -> Void
    ) {
        accounts.confirm(user, password: password) { [self] result in
            switch result {
            case .ok(let current) where current.roles == user.roles: completion(.confirmed(record))
            case .ok(let current) where attempt < Self.confirmationLimit:
                adopt(current, record, password, attempt, completion)
            case .badCredentials(let reason): withdraw(record) { completion(.rejected(reason)) }
            case .ok, .unavailable: withdraw(record) { completion(.unavailable) }
            }
        }
    }

    /// Gives the session the roles of now, and looks again: they may have changed meanwhile.
    private func adopt(
        _ user: UserRecord, _ record: SessionRecord, _ password: [UInt8], _ attempt: Int,
        _ completion: @escaping (LoginConfirmation) -> Void
    ) {
        var changed = record
        changed.roles = user.roles.map { Array($0.utf8) }
        sessions.setRoles(changed.roles, userID: record.userID) { [self] count in
            guard count != nil else {
                withdraw(record) { completion(.unavailable) }
                return
            }
            confirm(changed, of: user, password: password, attempt: attempt + 1, completion: completion)
        }
    }

    /// Ends the session again. If even that fails, nobody has its ticket.
    private func withdraw(_ record: SessionRecord, completion: @escaping () -> Void) {
        sessions.end(record.hash, userID: record.userID, handle: record.handle) { _ in completion() }
    }
}
