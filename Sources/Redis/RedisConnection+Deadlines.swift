internal import Transport

/// The timers of a connection.
///
/// They refer to their receiver weakly, which makes every use of it dear; so the receiver is this and not the
/// connection, which every call uses.
final class ConnectionTimers: DeadlineReceiver {
    /// When the next call expires, or the connection has been silent for too long.
    private(set) lazy var call = DeadlineTimer(self)
    /// When the attempt to connect has failed, or the next one is due.
    private(set) lazy var attempt = DeadlineTimer(self)
    /// When a connection in no use is to be tried.
    private(set) lazy var idle = DeadlineTimer(self)
    private unowned let connection: RedisConnection

    init(_ connection: RedisConnection) { self.connection = connection }

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
    /// Ends the calls whose time is up, and a connection on which nothing has come for much longer.
    func onCallTimer() {
        while let call = calls.expireNext(now: loop.now) {
            statistics.timeouts += 1
            call.receiver.redisCompleted(call.token, .unavailable(.timedOut))
        }
        // A receiver may have closed or cut the connection, or made new calls.
        guard phase == .ready || phase == .connecting, let front = calls.frontDeadline else { return }
        var next = calls.nextDeadline ?? .max
        if phase == .ready {
            let patience = Int64(settings.timeout * Self.silenceFactor)
            let end = max(lastReply, front - Int64(settings.timeout)) + patience
            if loop.now >= end {
                lose("no reply for \(patience) ms", .timedOut)
                return
            }
            next = min(next, end)
        }
        if next != .max { loop.arm(timers.call, at: next) }
    }

    /// Tries a connection that was not used for a while, so that a dead one is found before a request needs it.
    func onIdleTimer() {
        guard phase == .ready else { return }
        loop.arm(timers.idle, after: settings.idleProbe)
        if calls.isEmpty, loop.now - lastReply >= Int64(settings.idleProbe) {
            call(RedisCommand("PING")) { _ in }
        }
    }

    /// How many times a call's time a connection may be silent while replies are due.
    private static var silenceFactor: Int { 4 }
}
