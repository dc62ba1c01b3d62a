internal import Transport

/// The timers of a connection.
///
/// They refer to their receiver weakly, which makes every use of it dear; so the receiver is this and not the
/// connection, which every call uses.
final class ConnectionTimers: DeadlineReceiver {
    /// When the next call expires, or the connection has been silent for too long.
    private let call: DeadlineTimer
    /// When the attempt to connect has failed, or the next one is due.
    private(set) lazy var attempt = DeadlineTimer(self)
    /// When a connection in no use is to be tried.
    private(set) lazy var idle = DeadlineTimer(self)
    private unowned let connection: RedisConnection

    init(_ connection: RedisConnection) {
        self.connection = connection
        call = connection.callTimer
        call.own(by: self)
    }

    func onDeadline(_ timer: DeadlineTimer) {
        if timer === call {
            connection.onCallTimer()
        } else if timer === attempt {
            connection.onAttemptTimer()
        } else {
            connection.onIdleTimer()
        }
    }

    /// Turns all of them off.
    func disarm() {
        call.disarm()
        attempt.disarm()
        idle.disarm()
    }
}

extension RedisConnection {
    /// Ends the calls whose time is up, and a connection on which no call was answered in time for much longer.
    ///
    /// Late replies do not count as a sign of life while more are to come: behind a reply that the server never
    /// sent, each one ends the call before its own, and all calls would be late for ever.
    func onCallTimer() {
        let allowed = Int64(settings.timeout)
        while let call = calls.expireNext(now: loop.now) {
            statistics.timeouts += 1
            if unansweredSince == nil { unansweredSince = call.deadline - allowed }
            call.receiver.redisCompleted(call.token, .unavailable(.timedOut))
        }
        // A receiver may have closed or cut the connection, or made new calls.
        guard phase == .ready || phase == .connecting, !calls.isEmpty else { return }
        var next = calls.nextDeadline ?? .max
        if phase == .ready, let unansweredSince {
            let end = unansweredSince + patience
            if loop.now >= end {
                lose("no reply in time for \(patience) ms", .timedOut)
                return
            }
            next = min(next, end)
        }
        if next != .max { loop.arm(callTimer, at: next) }
    }

    /// Milliseconds without a reply in time after which the connection is given up: 4 times what a call may take,
    /// but no more than a second if that leaves it twice.
    private var patience: Int64 {
        let timeout = Int64(settings.timeout)
        return min(4 * timeout, max(2 * timeout, 1_000))
    }

    /// Tries a connection that was not used for a while, so that a dead one is found before a request needs it.
    func onIdleTimer() {
        guard phase == .ready else { return }
        loop.arm(timers.idle, after: settings.idleProbe)
        if calls.isEmpty, loop.now - lastReply >= Int64(settings.idleProbe) {
            call(RedisCommand("PING")) { _ in }
        }
    }
}
