/// What became of a login.
public enum LoginResult: Sendable, Equatable {
    /// Name and password belong together, and the user may log in.
    case ok(UserRecord)
    /// They do not. The reason is for the audit log; a client must get one answer for all of them.
    case badCredentials(BadCredentials)
    /// It could not be found out; the text says why and what to do, for the log.
    case unavailable(String)
}

/// Why a login failed. Never shown to a client.
public enum BadCredentials: String, Sendable {
    /// No user of that name, or not a login name at all.
    case unknownName = "unknown_name"
    /// The user's password is another.
    case wrongPassword = "wrong_password"
    /// The password is right and the user is disabled.
    case disabled
    /// The stored hash is of no known form or out of bounds.
    case unusableHash = "unusable_hash"
}

/// What became of a registration.
public enum RegisterResult: Sendable, Equatable {
    /// The user is stored.
    case created(UserRecord)
    /// Not 1 to 254 bytes of the alphabet of login names.
    case invalidName
    /// The password is refused.
    case weakPassword(PasswordPolicy.Refusal)
    /// There is a user of that name.
    case nameTaken
    /// The store is only read; the text says what to do instead.
    case readOnly(String)
    /// It could not be done; the text says why and what to do, for the log.
    case unavailable(String)
}

/// What became of a change of password.
public enum PasswordChangeResult: Sendable, Equatable {
    /// The new password is stored.
    case changed
    /// The current password is another, or the user is disabled or gone.
    case badCredentials(BadCredentials)
    /// The new password is refused.
    case weakPassword(PasswordPolicy.Refusal)
    /// The store is only read; the text says what to do instead.
    case readOnly(String)
    /// It could not be done; the text says why and what to do, for the log.
    case unavailable(String)
}

/// What an operator should know although the client's answer does not show it.
public enum AccountsNotice: Sendable, Equatable {
    /// A stored hash was not run; the user cannot log in until the password is set anew.
    case unusableHash(UserID, reason: String)
    /// A login succeeded and its hash was not brought up to date.
    case upgradeFailed(UserID, reason: String)
}
