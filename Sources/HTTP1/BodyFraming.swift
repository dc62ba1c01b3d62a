public import HTTPCore

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

    /// Of a response to `method`. What a body-less response says of a length is no framing. Takes the head's parts,
    /// since a head is copied to be handed over.
    public static func ofResponse(
        status: Int, isChunked: Bool, contentLength: Int?, toMethod method: Method
    ) -> BodyFraming {
        if method == .head || status < 200 || status == 204 || status == 304 { return .none }
        if isChunked { return .chunked }
        guard let contentLength else { return .untilClose }
        return .length(contentLength)
    }
}
