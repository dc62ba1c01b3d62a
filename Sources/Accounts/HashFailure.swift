/// Why a password could not be hashed or compared. None of these means "wrong password".
public enum HashFailure: Error, Equatable, CustomStringConvertible {
    /// The stored text is of no known form, or asks for more work than is ever run. `reason` never holds the
    /// hash itself.
    case unusable(reason: String)
    /// The kind asked for new hashes is outside its bounds.
    case kindRefused(reason: String)
    /// bcrypt ends a password at its first NUL byte, so one that holds NUL is refused.
    case nulInPassword
    /// bcrypt reads 72 bytes and ignores the rest, so a longer password is refused.
    case tooLongForBcrypt
    /// The hash could not be computed: no memory, no thread, no randomness.
    case unavailable(reason: String)

    /// The cause in words, fit for a log.
    public var description: String {
        switch self {
        case .unusable(let reason): "stored hash is unusable: \(reason)"
        case .kindRefused(let reason): "hash parameters are refused: \(reason)"
        case .nulInPassword: "bcrypt cannot take a password with a NUL byte"
        case .tooLongForBcrypt: "bcrypt cannot take a password over 72 bytes"
        case .unavailable(let reason): "password hash could not be computed: \(reason)"
        }
    }
}
