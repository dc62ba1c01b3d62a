/// How the end of a message body is known (RFC 9112 section 6.3).
public enum BodyFraming: Sendable, Equatable {
    /// No body at all.
    case none
    /// So many bytes.
    case length(Int)
    /// In chunks.
    case chunked
    /// Whatever comes until the sender closes; responses only.
    case untilClose

    /// Whether the body's length is known from its head.
    public var isMeasured: Bool {
        switch self {
        case .none, .length: true
        case .chunked, .untilClose: false
        }
    }
}
