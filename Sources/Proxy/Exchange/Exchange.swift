import Access
import GatewayConfig
import HTTP1
import HTTPCore
import Operations
import Sessions
import Transport

/// One request and its response. The object belongs to a connection and serves its requests one after another.
///
/// The phases stand in files of their own, in this order: `+Receive` (head), `+Route`, `+Screen` (what must not
/// pass), `+Authenticate`, `+Decide`, `+Forward` (head and body to the origin), `+Relay` (the answer back) or
/// `+Tunnel`, `+Reply` (answers of our own), `+Finish` (log, next request).
final class Exchange {
    enum Phase {
        /// Between requests.
        case idle
        /// Waiting for the session store.
        case authenticating
        /// Waiting for a connection to the origin.
        case connecting
        /// The request is with the origin (its body may still be on the way); no answer yet.
        case awaitingResponse
        /// The answer's body is on the way.
        case relaying
        /// Bytes both ways after a 101.
        case tunnel
        /// An endpoint of ours collects the request's body.
        case collecting
        /// An endpoint of ours waits for a helper thread, the store or a moment in time.
        case working
        /// Answered; the rest of the request's body is read and dropped.
        case draining
    }

    let worker: Worker
    // Parts of the worker's. A constant of the object itself is used without being counted, one of another is not.
    let rules: ForwardingRules
    let log: AccessLog
    /// Heads on their way out are put together here; nothing stays in it between calls.
    let scratch: ByteBuffer
    let stream: Stream
    /// Alive for as long as the exchange runs: a closed connection bumps `epoch` first, so that no late answer gets
    /// here, and the worker keeps it to the end of the tick.
    let fixedConnection: Fixed<ClientConnection>
    let timer = DeadlineTimer()

    var phase = Phase.idle
    /// Tells an answer for this request from one for an earlier request of the same object.
    var epoch: UInt64 = 0

    // The request.
    var head = RequestHead()
    var headLength = 0
    /// Copy of the head where the input buffer is needed for the body.
    var savedHead: ByteBuffer?
    /// The canonical path where it is not a part of the head as received.
    var canonicalPath: [UInt8] = []
    var hasCanonicalPath = false
    /// The path for the origin where the route rewrites it.
    var rewrittenPath: [UInt8]?
    var fixedSite: Fixed<CompiledSite>?
    var fixedRoute: Fixed<CompiledRoute>?
    var fixedRealm: Fixed<Realm>?
    var requestID = InlineArray<36, UInt8>(repeating: 0)
    /// The request id of a trusted proxy.
    var givenRequestID: [UInt8]?
    var times = ExchangeTimes()
    /// What was wrong with it.
    var badRequest: BadRequestLabel?

    // The request's body.
    var requestBody = BodyDecoder(.none)
    var isRequestBodyDone = true
    var requestBodyBytes = 0
    var bodyLimit: Int?
    var awaitsContinue = false
    var collectedBody: [UInt8] = []

    // Who asks.
    let identity = Identity()
    let ticketMemo = TicketMemo()
    var sessionResult = SessionResult.none
    /// The session's ticket came as a bearer token, which no page of another site can send.
    var usesBearer = false
    /// The session cookie came twice: the answer takes it away.
    var clearsCookie = false
    /// The session's record names a user whom no header may name: it will not get better by waiting.
    var hasUnusableRecord = false
    /// Whether the session has ended since it was checked.
    var sessionFate = SessionFate.live

    // The origin.
    var fixedGroup: Fixed<UpstreamGroup>?
    var fixedServer: Fixed<UpstreamServer>?
    var upstream: UpstreamConnection?
    var attempts = 0
    var isQueued = false
    /// Servers that have failed this request.
    var tried: ContiguousArray<UpstreamServer> = []
    /// Bytes that the connection had received when this request was sent.
    var receivedBefore = 0

    // The response.
    var responseHead = ResponseHead()
    /// The connection's input begins with the part of a head that `responseHead` has read already.
    var isResponseHeadBegun = false
    var responseBody = BodyDecoder(.none)
    var informationalCount = 0
    var hasResponseStarted = false
    var isResponseChunked = false
    var isResponseCloseDelimited = false
    var closesAfterResponse = false
    var status = 0
    var responseBytes = 0
    var upstreamStatus = 0
    var end = ExchangeEnd.ok
    /// Told when the route's total time is over; monotonic milliseconds.
    var totalDeadline = Int64.max
    var holdsWebSocket = false
    /// Where the frames of the tunnel stand; nil outside of one.
    var tunnel: Tunnel?
    /// The origin was the first to end the tunnel.
    var tunnelEndsByOrigin = false
    var endpoint: EndpointRequest?

    init(worker: Worker, connection: ClientConnection, stream: Stream) {
        self.worker = worker
        rules = worker.rules
        log = worker.log
        scratch = worker.scratch
        fixedConnection = Fixed(connection)
        self.stream = stream
        timer.own(by: self)
    }

    // For what is rare; each use counts a reference.
    var connection: ClientConnection { fixedConnection.object }
    var site: CompiledSite? { fixedSite?.object }
    var route: CompiledRoute? { fixedRoute?.object }
    var realm: Realm? { fixedRealm?.object }
    var group: UpstreamGroup? { fixedGroup?.object }
    var server: UpstreamServer? { fixedServer?.object }

    var isRunning: Bool { phase != .idle }

    /// The head's bytes; its ranges count from the first. Valid until the input changes.
    var headBytes: UnsafeRawBufferPointer {
        if let savedHead { return savedHead.readable }
        return stream.input?.readable ?? UnsafeRawBufferPointer(start: nil, count: 0)
    }

    /// The bytes of a range of the head.
    func bytes(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: headBytes[range])
    }

    /// The first field with `id`.
    func field(_ id: FieldID) -> UnsafeRawBufferPointer? {
        guard head.mayHave(id) else { return nil }
        for line in head.fields where line.id == id { return bytes(line.value) }
        return nil
    }

    /// The path that was matched and is forwarded.
    func withPath<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        hasCanonicalPath ? canonicalPath.withUnsafeBytes(body) : body(bytes(head.path))
    }
}

/// How an exchange ended, as the access log says it.
enum ExchangeEnd {
    case ok, clientAbort, upstreamAbort, upstreamTimeout, clientTimeout, limit, drain, badRequest, revoked,
        expired

    var word: StaticString {
        switch self {
        case .ok: "ok"
        case .clientAbort: "client_abort"
        case .upstreamAbort: "upstream_abort"
        case .upstreamTimeout: "upstream_timeout"
        case .clientTimeout: "client_timeout"
        case .limit: "limit"
        case .drain: "drain"
        case .badRequest: "bad_request"
        case .revoked: "revoked"
        case .expired: "expired"
        }
    }
}
