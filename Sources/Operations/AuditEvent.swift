/// What the audit log tells of: who came in, who was kept out, and who changed what.
public enum AuditEvent: String, Sendable, CaseIterable {
    /// A session was made for somebody who gave the right password.
    case login
    /// A login was turned down; the reason says why.
    case loginFailed = "login_failed"
    /// A login, a registration or a change of password was not even tried: too many have failed before.
    case throttled
    /// Somebody made an account, and has a session with it.
    case register
    /// A user ended the session that asks for it, or all of them.
    case logout
    /// A session was ended by another one, or by an operator.
    case sessionRevoked = "session_revoked"
    /// Sessions ended because a user may not have more.
    case sessionEvicted = "session_evicted"
    /// A user has another password.
    case passwordChanged = "password_changed"
    /// An operator made a user.
    case userCreated = "user_created"
    /// An operator let a user log in again.
    case userEnabled = "user_enabled"
    /// An operator keeps a user from logging in.
    case userDisabled = "user_disabled"
    /// An operator deleted a user.
    case userDeleted = "user_deleted"
    /// An operator changed a user's roles.
    case userRoles = "user_roles"
    /// An operator keeps an account or a network from logging in.
    case banSet = "ban_set"
    /// An operator lifted a ban, or forgot failed logins.
    case banCleared = "ban_cleared"
    /// A key that signs or verifies is new with a configuration.
    case keyAdded = "key_added"
    /// A key is not in use any more; the sessions it signed are over.
    case keyRetired = "key_retired"
    /// A configuration was put to work.
    case configLoaded = "config_loaded"
    /// A configuration was turned down, and the one before stays.
    case configRejected = "config_rejected"
    /// An operator gave a command.
    case adminCommand = "admin_command"
}
