public import Transport

/// What is published on some channels, over a connection of its own that is made again whenever it is lost.
///
/// Redis keeps no messages: whoever listens must look for itself after each `onSubscribed`.
public final class RedisSubscriber {
    /// Milliseconds until a server that refused to let us listen is asked again.
    private static let retryMilliseconds = 10_000

    /// Called with each message: its channel, and its text. The bytes are good inside the call only.
    public var onMessage: ((_ channel: UnsafeRawBufferPointer, _ text: UnsafeRawBufferPointer) -> Void)? {
        get { connection.onMessage }
        set { connection.onMessage = newValue }
    }
    /// Called whenever all channels are listened to again. Messages may have been lost before that.
    public var onSubscribed: (() -> Void)?
    /// Called when messages no longer come, with the reason; once until they come again or the reason changes.
    public var onTrouble: ((String) -> Void)?
    /// Whether messages come.
    public private(set) var isSubscribed = false

    private let loop: EventLoop
    private let connection: RedisConnection
    private let channels: [[UInt8]]
    private let retryTimer = DeadlineTimer()
    /// Counts subscriptions, so that an answer to an earlier one is not taken for one to this.
    private var round: UInt64 = 0
    private var unanswered = 0
    private var reportedTrouble: String?

    /// A subscriber to `channels` that is not started. `secret` is as for `RedisConnection`.
    public init(
        loop: EventLoop, resolver: Resolver, settings: RedisConnectionSettings, channels: [[UInt8]],
        secret: @escaping () -> [UInt8]?
    ) {
        self.loop = loop
        self.channels = channels
        var settings = settings
        // Nobody waits for these calls; a server that is slow for a moment need not cost the connection.
        settings.timeout = max(settings.timeout, 1_000)
        connection = RedisConnection(loop: loop, resolver: resolver, settings: settings, secret: secret)
        connection.onMessage = { _, _ in }
        connection.onEvent = { [weak self] in self?.note($0) }
    }

    /// Connects, and listens from then on.
    public func start() {
        retryTimer.own(by: self)
        connection.start()
    }

    /// Ends it for good.
    public func close() {
        round += 1
        isSubscribed = false
        retryTimer.invalidate()
        connection.close()
    }

    private func note(_ event: RedisEvent) {
        switch event {
        case .connected: subscribe()
        case .lost, .unreachable: fail("\(event)")
        }
    }

    private func subscribe() {
        round += 1
        unanswered = channels.count
        let round = round
        for channel in channels {
            connection.call(RedisCommand("SUBSCRIBE", [channel])) { [weak self] outcome in
                guard let self, round == self.round else { return }
                take(outcome)
            }
        }
    }

    private func take(_ outcome: RedisOutcome) {
        switch outcome {
        case .reply(.array):
            unanswered -= 1
            guard unanswered == 0 else { return }
            isSubscribed = true
            reportedTrouble = nil
            onSubscribed?()
        case .reply(.error(let text)):
            fail("the server says: \(String(decoding: text, as: UTF8.self))")
            loop.arm(retryTimer, after: Self.retryMilliseconds)
        case .reply: connection.sever("the answer to SUBSCRIBE is of a kind that it cannot be")
        case .unavailable(.timedOut): connection.sever("no answer to SUBSCRIBE")
        // The connection is gone; the next one subscribes.
        case .unavailable: break
        }
    }

    private func fail(_ reason: String) {
        round += 1
        isSubscribed = false
        retryTimer.disarm()
        if reason == reportedTrouble { return }
        reportedTrouble = reason
        onTrouble?(reason)
    }
}

extension RedisSubscriber: DeadlineReceiver {
    /// Time to ask again.
    public func onDeadline(_ timer: DeadlineTimer) { if connection.isReady { subscribe() } }
}
