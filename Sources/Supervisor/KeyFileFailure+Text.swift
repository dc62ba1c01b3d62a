public import Secrets
import Transport

extension KeyFileFailure {
    /// For people.
    public var text: String {
        switch self {
        case .system(let call, let code): "\(call): \(SystemError.text(code))"
        case .unsuitable: "not a regular file of at most \(KeyFile.maximumCount) bytes"
        case .tooShort(let count): "it has \(count) bytes, 32 are needed"
        case .noRandomness: "no random bytes"
        }
    }
}
