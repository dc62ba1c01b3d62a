/// Why a request's head is refused, and with which status.
public struct RequestRefusal: Error, Sendable, Equatable {
    /// What is wrong; short words for logs and counters.
    public enum Reason: String, Sendable {
        case requestLine = "request_line"
        case method, version, target, host, header, framing, expectation
        case tooLarge = "too_large"
    }

    /// 400, 405, 414, 417, 431, 501 or 505.
    public let status: Int
    /// What is wrong.
    public let reason: Reason

    /// A refusal with `status` because of `reason`.
    public init(_ status: Int, _ reason: Reason) {
        self.status = status
        self.reason = reason
    }
}

/// What parsing a request's head came to.
public enum RequestParse: Sendable, Equatable {
    /// More bytes are needed.
    case incomplete
    /// The head is whole and has this many bytes, a leading empty line included.
    case complete(length: Int)
    /// The head breaks the rules or a limit.
    case refused(RequestRefusal)
}
