public import HTTPCore

/// The head of an HTTP/1 request (RFC 9112), parsed strictly: what breaks the grammar or could be framed in
/// two ways is refused and never repaired.
///
/// One value serves a connection: `reset()` between requests keeps the arrays, so that parsing allocates
/// nothing once they have grown. Every range counts from the first byte of the span given to `parse`.
public struct RequestHead: Sendable {
    /// The method; `methodRange` has its bytes.
    public internal(set) var method = Method.other

    /// The method's bytes.
    public internal(set) var methodRange = 0..<0

    /// The request target as sent.
    public internal(set) var target = 0..<0

    /// The target's path, not decoded. Empty in an absolute-form target without one, which means `/`.
    public internal(set) var path = 0..<0

    /// What follows the first `?` of the target; nil without one.
    public internal(set) var query: Range<Int>?

    /// Host and port of an absolute-form target; it decides, and `Host` is ignored (RFC 9112 section 3.2.2).
    public internal(set) var authority: Range<Int>?

    /// The host asked for, with its port if one was sent: of the target, else of `Host`. Empty only in an
    /// HTTP/1.0 request that names none. Its grammar is checked.
    public internal(set) var host = 0..<0

    /// 0 or 1; a later minor version is treated as 1 (RFC 9110 section 2.5).
    public internal(set) var minorVersion = 1

    /// The header lines in order.
    public internal(set) var fields: [FieldLine] = []

    /// Bit `n mod 64` for each `FieldID` number n among the lines.
    var seen: UInt64 = 0

    /// Whether there may be a line called `id`; false is certain. Spares going through the lines.
    public func mayHave(_ id: FieldID) -> Bool { seen & (1 << UInt64(id.rawValue & 63)) != 0 }

    /// The body's length in bytes, where the request says it.
    public internal(set) var contentLength: Int?

    /// The body is in chunks.
    public internal(set) var isChunked = false

    /// The connection may serve another request: HTTP/1.1 without `close`, HTTP/1.0 with `keep-alive`.
    public internal(set) var keepsAlive = false

    /// The client waits for `100 Continue` before it sends the body. Never set without a body or by HTTP/1.0.
    public internal(set) var expectsContinue = false

    /// A GET that asks for a WebSocket: `Upgrade` lists `websocket` and `Connection` has `upgrade`
    /// (RFC 6455 section 4.2.1). `WebSocketHandshake` checks the rest.
    public internal(set) var upgradesToWebSocket = false

    /// There is an `Upgrade` line, for whatever protocol.
    public internal(set) var hasUpgrade = false

    /// The target is `*`, or an absolute-form one of OPTIONS without path (RFC 9112 section 3.2.4).
    public internal(set) var isAsteriskForm = false

    /// Number of `Cookie` lines.
    public internal(set) var cookieLineCount = 0

    /// The value of the last `Cookie` line; empty without one.
    public internal(set) var cookieLine = 0..<0

    /// `Max-Forwards` of an OPTIONS request (RFC 9110 section 7.6.2).
    public internal(set) var maxForwards: Int?

    /// A name has a byte outside `[A-Za-z0-9-]`, or `Connection` names a field: what is to be compared with
    /// the names that the configuration protects. The lines that are named are marked hop-by-hop already.
    public internal(set) var mayHaveSuspiciousFields = false

    /// Tokens of `Connection` that name fields.
    var namedFields: [Range<Int>] = []
    var stage = Stage.begin
    var refusal: RequestRefusal?
    var scanner = FieldScanner()
    var marks = HeadMarks()

    /// A head that has seen no byte.
    public init() {
        fields.reserveCapacity(32)
    }

    /// Forgets the request and keeps the arrays' memory.
    public mutating func reset() {
        method = .other
        methodRange = 0..<0
        target = 0..<0
        path = 0..<0
        query = nil
        authority = nil
        host = 0..<0
        minorVersion = 1
        fields.removeAll(keepingCapacity: true)
        seen = 0
        contentLength = nil
        isChunked = false
        keepsAlive = false
        expectsContinue = false
        upgradesToWebSocket = false
        hasUpgrade = false
        isAsteriskForm = false
        cookieLineCount = 0
        cookieLine = 0..<0
        maxForwards = nil
        mayHaveSuspiciousFields = false
        namedFields.removeAll(keepingCapacity: true)
        stage = .begin
        refusal = nil
        scanner = FieldScanner()
        marks = HeadMarks()
    }

    /// How the body's end is known (RFC 9112 section 6.3). A request without either header has no body,
    /// and one with has it whatever the method.
    public var framing: BodyFraming {
        if isChunked { return .chunked }
        guard let contentLength else { return .none }
        return .length(contentLength)
    }
}
