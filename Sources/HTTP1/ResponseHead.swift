public import HTTPCore

/// The head of an HTTP/1 response, parsed as strictly as a request: an upstream that is misread is as good a
/// way to split responses as a client.
///
/// One value serves a connection and keeps its array. Every range counts from the first byte of the span
/// given to `parse`. The reason phrase is checked and dropped.
public struct ResponseHead: Sendable {
    /// 100 to 599.
    public internal(set) var status = 0

    /// 0 or 1; a later minor version is treated as 1.
    public internal(set) var minorVersion = 1

    /// The header lines in order. Named in `Connection` marks a line hop-by-hop only where losing it cannot
    /// weaken the response: `Set-Cookie`, policies and content fields stay.
    public internal(set) var fields: [FieldLine] = []

    /// `Content-Length`, which for HEAD and 304 tells of a body that is not sent.
    public internal(set) var contentLength: Int?

    /// The body, if there is one, is in chunks.
    public internal(set) var isChunked = false

    /// The upstream means to keep the connection open.
    public internal(set) var keepsAlive = false

    /// 101 that upgrades to `websocket` and nothing else, with the option in `Connection`
    /// (RFC 6455 section 4.1). The accept value is still to be compared.
    public internal(set) var isUpgradeToWebSocket = false

    var stage = Stage.begin
    var scanner = FieldScanner()
    var marks = HeadMarks()
    var namedFields: [Range<Int>] = []

    /// A head that has seen no byte.
    public init() {
        fields.reserveCapacity(32)
    }

    /// Forgets the response and keeps the arrays' memory.
    mutating func reset() {
        status = 0
        minorVersion = 1
        fields.removeAll(keepingCapacity: true)
        contentLength = nil
        isChunked = false
        keepsAlive = false
        isUpgradeToWebSocket = false
        stage = .begin
        scanner = FieldScanner()
        marks = HeadMarks()
        namedFields.removeAll(keepingCapacity: true)
    }
}

/// What is known of a response head so far.
public enum ResponseParse: Sendable, Equatable {
    /// More bytes are needed.
    case incomplete
    /// The head is the first `length` bytes.
    case complete(length: Int)
    /// The bytes are no response that may be passed on.
    case malformed(ResponseFault)
}

/// How a response head is malformed; the raw value is a word for the log.
public enum ResponseFault: String, Error, Sendable, CaseIterable {
    case statusLine = "status_line"
    case version
    case status
    /// A bare CR or LF.
    case lineEnd = "line_end"
    /// A line that begins with a blank.
    case folded
    case headerName = "header_name"
    case headerValue = "header_value"
    /// Content-Length or Transfer-Encoding, or both.
    case framing
    case connection
    /// Larger than the limit.
    case headerSize = "header_size"
    /// More lines than the limit.
    case headerCount = "header_count"
}
