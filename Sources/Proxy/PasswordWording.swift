public import Accounts
import Pages

/// What somebody whose password was not accepted reads.
public enum PasswordWording {
    /// The sentence about `refusal`, in English.
    public static func text(_ refusal: PasswordPolicy.Refusal) -> String { reason(refusal).english }

    static func reason(_ refusal: PasswordPolicy.Refusal) -> FieldReason {
        switch refusal {
        case .tooShort(let minimum): .tooShort(minimum)
        case .tooLong(let maximum): .tooLong(maximum)
        case .tooLongForBcrypt: .tooLongForBcrypt
        case .notUTF8: .notText
        case .sameAsName: .sameAsName
        case .common: .common
        case .nulForBcrypt: .hasNUL
        }
    }
}
