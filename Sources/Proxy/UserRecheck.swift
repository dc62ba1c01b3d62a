import Accounts
import Operations
import Sessions

/// Asks the store again about users whose sessions are used, and carries out what changed: their roles, or that they
/// may not log in any more. For stores that others change without telling: it comes with the touch of a session, so a
/// change takes effect `session { touch }` late at most (decision 13).
final class UserRecheck {
    /// Users who are asked about at one moment; more wait for their next touch.
    private static let limit = 32

    private let realm: Realm
    private let audit: StoreChangeAudit
    private var asked: Set<[UInt8]> = []

    private init(_ realm: Realm, _ audit: StoreChangeAudit) {
        self.realm = realm
        self.audit = audit
    }

    /// Begins where the realm's store is of that sort.
    static func start(_ realm: Realm, audit: AuditLog) {
        guard realm.accounts.isChangedByOthers else { return }
        let recheck = UserRecheck(realm, StoreChangeAudit(log: audit))
        realm.sessions.onTouched = { recheck.ask($0) }
    }

    private func ask(_ user: TouchedUser) {
        guard asked.count < Self.limit, let id = UserID(String(decoding: user.id, as: UTF8.self)),
            asked.insert(user.id).inserted
        else { return }
        realm.accounts.look(id, name: user.name) { [self] answer in
            asked.remove(user.id)
            // A store that cannot answer changes nothing.
            guard case .known(let record) = answer else { return }
            guard let record, !record.isDisabled else {
                realm.sessions.endAll(userID: user.id) { [self] in
                    audit.record(.ended(id), realm, sessions: $0 ?? 0)
                }
                return
            }
            let roles = record.roles.map { Array($0.utf8) }
            guard roles != user.roles else { return }
            realm.sessions.setRoles(roles, userID: user.id) { [self] in
                audit.record(.roles(id, record.roles), realm, sessions: $0 ?? 0)
            }
        }
    }
}
