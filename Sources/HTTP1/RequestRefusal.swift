/// Why a request is not served, and the status to say so with. The connection closes afterwards, since where
/// the next request would begin is not known.
public struct RequestRefusal: Error, Sendable, Equatable {
    /// The part of the request at fault; the raw value is a word for the log.
    public enum Reason: String, Sendable, CaseIterable {
        /// TLS, HTTP/2, HTTP/0.9 or a PROXY line where an HTTP/1.1 request belongs.
        case notHTTP1 = "protocol"
        case method
        case target
        case targetSize = "target_size"
        case version
        /// A bare CR or LF.
        case lineEnd = "line_end"
        /// A line that begins with a blank (RFC 9112 section 5.2).
        case folded
        case headerName = "header_name"
        case headerValue = "header_value"
        case headerSize = "header_size"
        case headerCount = "header_count"
        case host
        /// Content-Length or Transfer-Encoding, or both.
        case framing
        case connection
        case expect
        case maxForwards = "max_forwards"
    }

    /// 400, 405, 414, 417, 431, 501 or 505.
    public let status: Int

    /// What was wrong.
    public let reason: Reason

    /// A refusal with that status.
    public init(status: Int = 400, _ reason: Reason) {
        self.status = status
        self.reason = reason
    }
}

/// What is known of a request head so far.
public enum RequestParse: Sendable, Equatable {
    /// More bytes are needed.
    case incomplete
    /// The head is the first `length` bytes, an empty line before it included.
    case complete(length: Int)
    /// The bytes are no request that is served here.
    case refused(RequestRefusal)
}
