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
    /// A configuration was put to work.
    case configLoaded = "config_loaded"
    /// A configuration was turned down, and the one before stays.
    case configRejected = "config_rejected"
    /// An operator gave a command.
    case adminCommand = "admin_command"
}
