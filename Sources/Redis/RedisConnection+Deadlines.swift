public import Transport

extension RedisConnection: DeadlineReceiver {
    /// One of its own timers is due.
    public func onDeadline(_ timer: DeadlineTimer) {
        if timer === callTimer {
            onCallTimer()
        } else if timer === attemptTimer {
            onAttemptTimer()
        } else {
            onIdleTimer()
        }
    }

    /// Ends the calls whose time is up, and a connection on which nothing has come for much longer.
    private func onCallTimer() {
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
        if next != .max { loop.arm(callTimer, at: next) }
    }

    /// Tries a connection that was not used for a while, so that a dead one is found before a request needs it.
    private func onIdleTimer() {
        guard phase == .ready else { return }
        loop.arm(idleTimer, after: settings.idleProbe)
        if calls.isEmpty, loop.now - lastReply >= Int64(settings.idleProbe) {
            call(RedisCommand("PING")) { _ in }
        }
    }

    /// How many times a call's time a connection may be silent while replies are due.
    private static var silenceFactor: Int { 4 }
}
