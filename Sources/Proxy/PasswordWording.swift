public import Accounts

/// What somebody whose password was not accepted reads.
public enum PasswordWording {
    /// The sentence about `refusal`.
    public static func text(_ refusal: PasswordPolicy.Refusal) -> String {
        switch refusal {
        case .tooShort(let minimum): "A password needs at least \(minimum) characters."
        case .tooLong(let maximum): "A password has at most \(maximum) characters."
        case .tooLongForBcrypt: "This password is too long: it may have at most 72 bytes."
        case .notUTF8: "The password is not valid text."
        case .sameAsName: "The password must not be the user name."
        case .common: "This password is one of those that are guessed first."
        case .nulForBcrypt: "A password may not contain a NUL character."
        }
    }
}
