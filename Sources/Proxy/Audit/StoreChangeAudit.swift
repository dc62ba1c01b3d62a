import Accounts
import GatewayConfig
import Operations

/// Tells the audit log what a change that somebody made in a user store by himself did to sessions.
///
/// Every worker of every gateway carries such a change out, and the first one finds the sessions: only where there were
/// some is there a line, so that there is one.
struct StoreChangeAudit {
    let log: AuditLog

    /// `sessions` of a user in `realm` have ended or have other roles.
    func record(_ change: FileUserStore.Change, _ realm: Realm, sessions: Int) {
        guard sessions > 0 else { return }
        var fields: AuditLog.Fields = [
            ("realm", .text(realm.settings.name)), ("store", .text(realm.accounts.storeName)),
            ("by", .text("store")), ("sessions", .number(sessions)),
        ]
        switch change {
        case .ended(let user):
            realm.meter.ended.add(
                UInt64(clamping: sessions), at: SessionEndLabel.userDisabled.rawValue)
            log.record(.sessionRevoked, [("user", .text(user.text))] + fields)
        case .roles(let user, let roles):
            fields.append(("roles", .text(roles.joined(separator: " "))))
            log.record(.userRoles, [("user", .text(user.text))] + fields)
        }
    }
}
