internal import Transport

/// Sends what the tick's calls have left, in one write.
final class FlushTask: TickEndTask {
    var stream: Stream?

    override func onTickEnd() { stream?.flush() }
}

/// Passes an outcome on to a closure.
final class ClosureReceiver: RedisReceiver {
    private let completion: (RedisOutcome) -> Void

    init(_ completion: @escaping (RedisOutcome) -> Void) { self.completion = completion }

    func redisCompleted(_ token: UInt64, _ outcome: RedisOutcome) { completion(outcome) }
}

/// Tells a receiver later that its call was not accepted.
final class LateRefusal: TickEndTask {
    private let receiver: any RedisReceiver
    private let outage: RedisOutage

    init(_ receiver: any RedisReceiver, _ outage: RedisOutage) {
        self.receiver = receiver
        self.outage = outage
    }

    override func onTickEnd() { receiver.redisCompleted(0, .unavailable(outage)) }
}
