internal import CHiredis
public import Transport

/// One connection to a Redis server, on a loop: calls go out together at the end of a tick, replies come back in
/// the order of the calls.
///
/// Each call has a deadline. One that passes it ends there and then, but keeps its place until its reply has come:
/// a reply must never reach the caller behind. A connection that breaks the protocol, or that its user calls out of
/// step, is cut, and everything that waits on it ends without a reply.
public final class RedisConnection {
    enum Phase {
        /// Not started, or closed for good.
        case closed
        /// Between two attempts.
        case waiting
        /// From the start of an attempt until the greeting is answered.
        case connecting
        case ready
    }

    /// Whom to tell what happens to the connection.
    public var onEvent: ((RedisEvent) -> Void)?
    /// Whom to give what is published on the channels that this connection has subscribed to. Whoever sets it may
    /// send nothing but `SUBSCRIBE`, `UNSUBSCRIBE` and `PING`.
    var onMessage: ((_ channel: UnsafeRawBufferPointer, _ text: UnsafeRawBufferPointer) -> Void)? {
        didSet { takesMessages = onMessage != nil }
    }
    private(set) var takesMessages = false
    /// What it has done so far.
    public internal(set) var statistics = RedisStatistics()
    /// How long replies took, by the kind of the command.
    public internal(set) var latencies = InlineArray<3, DurationCounts>(repeating: DurationCounts())

    let loop: EventLoop
    let resolver: Resolver
    let settings: RedisConnectionSettings
    let readSecret: () -> [UInt8]?
    let pool = BufferPool(blockSize: 64 << 10, limit: 4)

    var phase = Phase.closed
    /// Counts the attempts to connect, so that word of an earlier one is not taken for word of this one.
    var attempt: UInt64 = 0
    var stream: Stream?
    var link: RedisLink?
    var reader: ReplyReader?
    var greeting = Greeting()
    var secret: [UInt8]?
    var needsSecret = true
    var backoff = Backoff()
    var random = SystemRandomNumberGenerator()
    /// Whether this connection has answered a call, or stood for a while.
    var isProven = false
    var reportedReason: String?

    var calls = CallQueue()
    /// Commands that wait for the connection to be ready.
    var held = ByteBuffer(capacity: 1 << 10)
    /// When the last reply came, or else the connection was made.
    var lastReply: Int64 = 0
    /// When the first call was sent of those that got no reply in time since the last one that did.
    var unansweredSince: Int64?

    let callTimer = DeadlineTimer()
    private(set) lazy var timers = ConnectionTimers(self)
    let flushTask = FlushTask()

    /// A connection that is not made yet.
    ///
    /// - Parameters:
    ///   - secret: reads the password, nil if there is none. Called before the first attempt, and again whenever the
    ///     server has refused the last one.
    public init(
        loop: EventLoop, resolver: Resolver, settings: RedisConnectionSettings,
        secret: @escaping () -> [UInt8]?
    ) {
        self.loop = loop
        self.resolver = resolver
        self.settings = settings
        readSecret = secret
    }

    deinit {
        link?.detach()
        flushTask.stream = nil
        stream?.close()
    }

    /// Whether calls can be sent.
    public var isReady: Bool { phase == .ready }
    /// Calls that wait for their reply, those included whose caller has given up.
    public var inFlight: Int { calls.count }

    /// Connects, and connects again whenever the connection is lost.
    public func start() {
        guard phase == .closed else { return }
        backoff.reset()
        connect()
    }

    /// Ends it for good; calls that wait end as disconnected.
    public func close() {
        guard phase != .closed else { return }
        tearDown(to: .closed)
        fail(calls.drain().map(\.call), .disconnected)
    }

    /// Cuts the connection because a reply was not the one to the call it came for. Every call that waits ends
    /// without a reply; a new connection is made.
    public func sever(_ reason: String) {
        guard phase == .ready else { return }
        statistics.violations += 1
        statistics.mismatches += 1
        lose(reason, .outOfStep)
    }

    // MARK: Calls

    /// Reads the value of `key`. Allocates only what hiredis needs to write the command.
    ///
    /// - Returns: nil if the call was accepted: `receiver` will hear. Otherwise why not, and it will not.
    public func get(
        _ key: UnsafeRawBufferPointer, receiver: any RedisReceiver, token: UInt64
    ) -> RedisOutage? {
        if let outage = obstacle() { return reject(outage) }
        let name: StaticString = "GET"
        let isSent = withUnsafeTemporaryAllocation(of: UnsafeRawBufferPointer.self, capacity: 2) { parts in
            parts.initializeElement(
                at: 0, to: UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
            parts.initializeElement(at: 1, to: key)
            return RedisCommand.format(UnsafeBufferPointer(parts)) {
                send($0, receiver, token, isRead: true, .get)
            }
        }
        return isSent ? nil : reject(.overloaded)
    }

    /// Sends a read whose wire form the caller keeps, made once by `RedisCommand.wireForm`. Allocates nothing.
    ///
    /// - Returns: nil if the call was accepted: `receiver` will hear. Otherwise why not, and it will not.
    public func read(
        wireForm: UnsafeRawBufferPointer, receiver: any RedisReceiver, token: UInt64
    ) -> RedisOutage? {
        if let outage = obstacle() { return reject(outage) }
        send(wireForm, receiver, token, isRead: true, .get)
        return nil
    }

    /// Sends any command.
    ///
    /// - Returns: nil if the call was accepted: `receiver` will hear. Otherwise why not, and it will not.
    public func call(_ command: RedisCommand, receiver: any RedisReceiver, token: UInt64) -> RedisOutage? {
        if let outage = obstacle() { return reject(outage) }
        let isSent = command.withWireForm { send($0, receiver, token, isRead: command.isRead, command.kind) }
        return isSent ? nil : reject(.overloaded)
    }

    /// Sends any command and calls `completion` once with its outcome, never within this call. For what is rare.
    public func call(_ command: RedisCommand, completion: @escaping (RedisOutcome) -> Void) {
        let receiver = ClosureReceiver(completion)
        guard let outage = call(command, receiver: receiver, token: 0) else { return }
        loop.atTickEnd(LateRefusal(receiver, outage))
    }

    private func obstacle() -> RedisOutage? {
        switch phase {
        case .ready: break
        // The first attempt after a good connection, or of all, is waited for; later ones are not.
        case .connecting where backoff.failures == 0: break
        default: return .disconnected
        }
        return calls.count < settings.inFlightLimit ? nil : .overloaded
    }

    private func reject(_ outage: RedisOutage) -> RedisOutage {
        statistics.rejected += 1
        return outage
    }

    private func send(
        _ bytes: UnsafeRawBufferPointer, _ receiver: any RedisReceiver, _ token: UInt64, isRead: Bool,
        _ kind: RedisCommandKind
    ) {
        statistics.calls += 1
        let deadline = loop.now + Int64(settings.timeout)
        calls.append(
            receiver, token, deadline: deadline, bytes: bytes, maySendAgain: isRead, kind: kind,
            sentAt: loop.nowMicroseconds)
        if !callTimer.isArmed { loop.arm(callTimer, at: deadline) }
        guard phase == .ready, let stream else {
            held.append(bytes)
            return
        }
        stream.enqueue(bytes)
        loop.atTickEnd(flushTask)
    }
}
