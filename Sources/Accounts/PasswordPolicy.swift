/// Which new passwords are accepted. No composition rules: length and a few certain guesses decide.
public struct PasswordPolicy: Sendable, Equatable {
    /// The fewest code points.
    public var minimum: Int
    /// The most code points.
    public var maximum: Int
    /// What is refused besides the passwords that are known to be common; nil: nothing.
    public var blocklist: PasswordBlocklist?

    /// Why a password is refused. `code` is stable, for problem documents and translations.
    public enum Refusal: Sendable, Equatable {
        /// Fewer code points than the given minimum.
        case tooShort(Int)
        /// More code points than the given maximum.
        case tooLong(Int)
        /// More than the 72 bytes that bcrypt reads.
        case tooLongForBcrypt
        /// A NUL byte, which bcrypt cannot take.
        case nulForBcrypt
        /// Not valid UTF-8.
        case notUTF8
        /// The login name, in any case of its letters.
        case sameAsName
        /// One of those that are guessed first.
        case common

        /// The stable name of the reason.
        public var code: String {
            switch self {
            case .tooShort: "too_short"
            case .tooLong: "too_long"
            case .tooLongForBcrypt: "too_long_for_bcrypt"
            case .nulForBcrypt: "nul_for_bcrypt"
            case .notUTF8: "not_utf8"
            case .sameAsName: "same_as_name"
            case .common: "common"
            }
        }
    }

    /// A policy; by default 10 to 128 code points.
    public init(minimum: Int = 10, maximum: Int = 128, blocklist: PasswordBlocklist? = nil) {
        self.minimum = minimum
        self.maximum = maximum
        self.blocklist = blocklist
    }

    /// Why `password` is refused for the account `name` whose hash will be of `kind`, or nil when it is fine.
    public func refusal(of password: [UInt8], name: LoginName, kind: HashKind) -> Refusal? {
        // A code point takes at most 4 bytes: what is longer need not be decoded.
        guard password.count / 4 <= maximum else { return .tooLong(maximum) }
        guard let text = String(validating: password, as: UTF8.self) else { return .notUTF8 }
        let count = text.unicodeScalars.count
        if count < minimum { return .tooShort(minimum) }
        if count > maximum { return .tooLong(maximum) }
        if case .bcrypt = kind {
            switch Bcrypt.refusal(of: password) {
            case .tooLongForBcrypt: return .tooLongForBcrypt
            case .nulInPassword: return .nulForBcrypt
            default: break
            }
        }
        if password.map(ASCII.lowerCased).elementsEqual(name.canonical.utf8) { return .sameAsName }
        if blocklist?.contains(password) == true { return .common }
        let isCommon = CommonPasswordList.contains(password) || CommonPasswords.contains(password)
        return isCommon ? .common : nil
    }
}
