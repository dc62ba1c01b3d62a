import GatewayConfig

/// Why a field was not accepted, for a person in any language.
public enum FieldReason: Sendable, Equatable {
    /// User name and password are both needed.
    case bothNeeded
    /// Not a user name.
    case invalidName
    /// Somebody else has it.
    case nameTaken
    /// Not the user's password.
    case currentWrong
    /// Fewer characters than this.
    case tooShort(Int)
    /// More characters than this.
    case tooLong(Int)
    /// Over the 72 bytes of bcrypt.
    case tooLongForBcrypt
    /// Not UTF-8.
    case notText
    /// The same as the user name.
    case sameAsName
    /// On the list of common passwords.
    case common
    /// Has a NUL, where bcrypt would end.
    case hasNUL

    /// The sentence in English, as programs get it.
    public var english: String { text(Wording(language: .english)) }

    func text(_ words: Wording) -> String {
        switch self {
        case .bothNeeded: words.text(.bothNeeded)
        case .invalidName: words.text(.invalidName)
        case .nameTaken: words.text(.nameTaken)
        case .currentWrong: words.text(.currentWrong)
        case .tooShort(let minimum): words.text(.tooShort, "\(minimum)")
        case .tooLong(let maximum): words.text(.tooLong, "\(maximum)")
        case .tooLongForBcrypt: words.text(.tooLongForBcrypt)
        case .notText: words.text(.passwordNotText)
        case .sameAsName: words.text(.sameAsName)
        case .common: words.text(.commonPassword)
        case .hasNUL: words.text(.passwordHasNUL)
        }
    }
}
