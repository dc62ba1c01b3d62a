internal import Transport

extension RedisConnection {
    /// Bytes came: hands out every reply that they complete.
    func onBytes(_ stream: Stream) {
        guard let reader, let input = stream.input else { return }
        let isFed = reader.feed(input.readable)
        stream.consume(input.count)
        guard isFed else {
            lose("no memory", .disconnected)
            return
        }
        let number = attempt
        // A receiver may cut the connection; what is left of its bytes then belongs to nobody.
        while attempt == number, self.reader === reader {
            switch reader.next() {
            case .incomplete: return
            case .reply(let reply): take(reply)
            case .failed(let reason):
                violate("it does not speak the protocol: \(reason)")
                return
            }
        }
    }

    private func take(_ reply: RedisReply) {
        if phase == .connecting {
            takeGreeting(reply)
            return
        }
        lastReply = loop.now
        if takesMessages && takeMessage(reply) { return }
        let refusal = RedisRefusal(reply)
        guard let call = calls.popFirst() else {
            if case .error(let text) = reply {
                lose("the server says: \(String(decoding: text, as: UTF8.self))", .refused)
            } else {
                violate("it sent a reply that nobody asked for")
            }
            return
        }
        latencies[Int(call.kind.rawValue)].note(loop.nowMicroseconds - call.sentAt)
        if let refusal {
            if !call.isExpired { call.receiver.redisCompleted(call.token, .unavailable(.refused)) }
            if phase == .ready { refuse(refusal) }
            return
        }
        isProven = true
        backoff.reset()
        if call.isExpired {
            statistics.lateReplies += 1
            // With nothing left to come, replies are in step, only slow.
            if calls.isEmpty { unansweredSince = nil }
            return
        }
        unansweredSince = nil
        call.receiver.redisCompleted(call.token, .reply(reply))
    }

    /// Hands on what was published, which is no reply to any call. False: it is something else.
    private func takeMessage(_ reply: RedisReply) -> Bool {
        guard case .array(let parts) = reply, parts.count == 3, case .bulk(let kind) = parts[0],
            kind.elementsEqual("message".utf8), case .bulk(let channel) = parts[1],
            case .bulk(let text) = parts[2]
        else { return false }
        onMessage?(channel, text)
        return true
    }

    private func takeGreeting(_ reply: RedisReply) {
        switch greeting.take(reply) {
        case .goOn: break
        case .done: onGreeted()
        case .refused(let text, let wantsSecret):
            if wantsSecret { needsSecret = true }
            missed("the server says: \(text)", .refused)
        }
    }

    private func refuse(_ refusal: RedisRefusal) {
        statistics.refusals[Int(refusal.kind.rawValue)] += 1
        if refusal.wantsSecret { needsSecret = true }
        isProven = false
        lose("the server says: \(refusal.text)", .refused)
    }

    private func violate(_ reason: String) {
        statistics.violations += 1
        if phase == .connecting { missed(reason, .outOfStep) } else { lose(reason, .outOfStep) }
    }

    /// The peer went away.
    func onGone(_ reason: String) {
        if phase == .connecting { missed(reason) } else { lose(reason, .disconnected, peerWentAway: true) }
    }

    /// Ends a connection that was ready and begins the next: at once after one that did its work, else after a
    /// pause. Reads that waited on a connection which had served before and then proved dead are sent once more.
    func lose(_ reason: String, _ outage: RedisOutage, peerWentAway: Bool = false) {
        let isServing = isProven
        let mayResend = peerWentAway && isServing && reader?.isInsideReply == false
        tearDown(to: .waiting)
        statistics.losses += 1
        let lost = calls.drain()
        var failed: [Call] = []
        for (call, copy) in lost {
            if mayResend, !copy.isEmpty, call.deadline > loop.now {
                resend(call, copy)
            } else {
                failed.append(call)
            }
        }
        onEvent?(.lost(reason))
        if phase == .waiting {
            if isServing { connect() } else { loop.arm(timers.attempt, after: backoff.next(using: &random)) }
        }
        fail(failed, outage)
    }

    /// Puts a call on the next connection, with the time it has left and for the last time.
    private func resend(_ call: Call, _ command: [UInt8]) {
        statistics.resent += 1
        command.withUnsafeBytes { bytes in
            calls.append(
                call.receiver, call.token, deadline: call.deadline, bytes: bytes, maySendAgain: false,
                kind: call.kind, sentAt: call.sentAt)
            held.append(bytes)
        }
        if !callTimer.isArmed { loop.arm(callTimer, at: call.deadline) }
    }

    /// Ends calls without a reply.
    func fail(_ calls: [Call], _ outage: RedisOutage) {
        for call in calls where !call.isExpired {
            call.receiver.redisCompleted(call.token, .unavailable(outage))
        }
    }

    /// Drops everything that belongs to the connection, but not the calls.
    func tearDown(to next: RedisConnection.Phase) {
        phase = next
        attempt += 1
        stream?.close()
        stream = nil
        flushTask.stream = nil
        link?.detach()
        link = nil
        reader = nil
        if !held.isEmpty { held = ByteBuffer(capacity: 1 << 10) }
        timers.disarm()
    }
}
