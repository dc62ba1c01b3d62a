import GatewayConfig
import HTTP1
import Operations
import Pages
import Transport

extension Exchange {
    /// Bytes of an unread body that are read and dropped to keep the connection.
    static let drainLimit = 64 << 10

    /// Whether what is left of the body is worth reading.
    var canDrainRequestBody: Bool {
        if awaitsContinue { return false }
        guard let remaining = requestBody.remaining else { return true }
        return remaining <= Self.drainLimit
    }

    /// The response is complete. The rest of the request's body is read and dropped, or the connection closes.
    func finishRequest() {
        if closesAfterResponse {
            // Where the head was refused, nobody knows how much is still to come.
            let unread = !isRequestBodyDone || headLength == 0
            finish()
            connection.finishAndClose(lingering: unread)
            return
        }
        if isRequestBodyDone {
            finish()
            fixedConnection.use { $0.exchangeFinished() }
            return
        }
        guard canDrainRequestBody else {
            finish()
            connection.finishAndClose(lingering: true)
            return
        }
        phase = .draining
        requestBodyBytes = 0
        stream.resume()
        if savedHead == nil && headLength > 0 { keepHead() }
        armDeadline()
        drainRequestBody()
    }

    /// Drops what there is of the body; it must never be taken for a request.
    func drainRequestBody() {
        while let input = stream.input, !isRequestBodyDone {
            let raw = input.readable.bindMemory(to: UInt8.self)
            guard let piece = try? requestBody.next(raw.span, from: 0) else {
                finish()
                connection.finishAndClose(lingering: true)
                return
            }
            switch piece {
            case .payload(let range):
                requestBodyBytes += range.count
                stream.consume(range.upperBound)
            case .needMore(let consumed):
                stream.consume(consumed)
                return
            case .end(let consumed): stream.consume(consumed)
            }
            if requestBody.isComplete { isRequestBodyDone = true }
            if requestBodyBytes > Self.drainLimit {
                finish()
                connection.finishAndClose(lingering: true)
                return
            }
        }
        guard isRequestBodyDone else { return }
        finish()
        connection.exchangeFinished()
    }

    /// Logs the request and makes the object ready for the next one.
    func finish() {
        guard isRunning else { return }
        if tunnel == nil { noteEnd() } else { noteTunnelEnd() }
        if status != 101 || end != .ok || phase == .tunnel { log.access(self, isTunnelOpening: false) }
        worker.tally.count(.requests)
        if tunnel == nil { measureRequest() } else { measureTunnelEnd() }
        measureEnd()
        // A head that is too large or too slow has no length; 499 is a client that left.
        if end == .badRequest || headLength == 0 && (400..<499).contains(status) {
            worker.tally.count(.badRequests)
        }
        phase = .idle
        epoch &+= 1
        timer.disarm()
        if holdsWebSocket {
            holdsWebSocket = false
            tunnel = nil
            worker.counters.release(.websockets)
        }
        if let savedHead {
            worker.headPool.give(savedHead)
            self.savedHead = nil
        } else if headLength > 0 {
            stream.consume(headLength)
        }
        reset()
    }

    private func reset() {
        head.reset()
        headLength = 0
        hasCanonicalPath = false
        // What is rare is looked at first: letting go of nothing is a call as well.
        if rewrittenPath != nil { rewrittenPath = nil }
        fixedSite = nil
        fixedRoute = nil
        fixedRealm = nil
        isRequestBodyDone = true
        requestBodyBytes = 0
        bodyLimit = nil
        awaitsContinue = false
        identity.clear()
        sessionResult = .none
        sessionFate = .live
        fixedGroup = nil
        fixedServer = nil
        attempts = 0
        if !tried.isEmpty { tried.removeAll() }
        informationalCount = 0
        hasResponseStarted = false
        closesAfterResponse = false
        status = 0
        responseBytes = 0
        upstreamStatus = 0
        end = .ok
        totalDeadline = .max
        times = ExchangeTimes()
        if badRequest != nil { badRequest = nil }
        if endpoint != nil { endpoint = nil }
        if givenRequestID != nil { givenRequestID = nil }
        clearsCookie = false
        hasUnusableRecord = false
        usesBearer = false
        if !collectedBody.isEmpty { collectedBody = [] }
    }

    // MARK: The client

    /// The client will send no more. A whole request is still answered.
    func onClientEnd() {
        switch phase {
        case .tunnel: pumpTunnelUp()
        case .draining:
            finish()
            connection.finishAndClose(lingering: false)
        default: if !isRequestBodyDone { onClientIncomplete() }
        }
    }

    /// The body was cut: the origin must not take what it has for the whole.
    private func onClientIncomplete() {
        end = .clientAbort
        dropUpstream()
        if hasResponseStarted {
            abortClient()
        } else {
            refuse(400, .badRequest, "The request's body was cut.")
        }
    }

    /// The connection is gone.
    func onClientGone() {
        guard isRunning else { return }
        if phase != .draining && phase != .tunnel && end == .ok { end = .clientAbort }
        if status == 0 { status = 499 }
        dropUpstream()
        endpoint = nil
        finishGone()
    }

    /// There may be no input buffer any more.
    private func finishGone() {
        if savedHead == nil, (stream.input?.readable.count ?? 0) < headLength { headLength = 0 }
        finish()
    }

    // MARK: Deadlines

    /// Sets the one deadline that the phase calls for.
    func armDeadline() {
        let loop = worker.loop
        let now = loop.now
        var deadline: Int64
        switch phase {
        case .connecting: deadline = now + Int64(fixedGroup?.use { $0.settings.connectTimeout } ?? 1_000)
        case .awaitingResponse:
            deadline =
                isRequestBodyDone
                ? now + Int64(fixedGroup?.use { $0.settings.responseTimeout } ?? 30_000)
                : now
                    + Int64(
                        min(
                            worker.settings.timeouts.bodyIdle,
                            fixedGroup?.use { $0.settings.idleTimeout } ?? 60_000))
        case .relaying:
            deadline =
                stream.pendingOutput > 0
                ? now + Int64(worker.settings.timeouts.writeIdle)
                : now + Int64(fixedRoute?.use { $0.settings.idleTimeout } ?? 60_000)
        case .tunnel:
            deadline = tunnel?.closingEnd ?? now + Int64(worker.settings.timeouts.websocketIdle)
        case .collecting, .draining: deadline = now + Int64(worker.settings.timeouts.bodyIdle)
        case .idle, .authenticating, .working: return
        }
        deadline = min(deadline, totalDeadline)
        loop.arm(timer, at: deadline)
    }
}

extension Exchange: DeadlineReceiver {
    func onDeadline(_ timer: DeadlineTimer) {
        switch phase {
        case .connecting:
            if isQueued {
                dropUpstream()
                refuseUpstream(.overloaded)
                return
            }
            dropUpstream()
            onUpstreamUnavailable(.connectTimeout)
        case .awaitingResponse:
            dropUpstream()
            if isRequestBodyDone || stream.isInputFull || stream.input != nil {
                refuseUpstream(.responseTimeout)
            } else {
                refuseSlowBody()
            }
        case .relaying:
            end = stream.pendingOutput > 0 ? .clientTimeout : .upstreamTimeout
            onResponseCut()
        case .tunnel:
            if tunnel?.isClosing == true {
                finishClosingTunnel()
                return
            }
            closeTunnel(code: Self.goingAwayCode, end: .upstreamTimeout)
        case .collecting: refuseSlowBody()
        case .draining:
            finish()
            connection.finishAndClose(lingering: false)
        case .working: endpoint?.onDeadline(self)
        case .idle, .authenticating: break
        }
    }

    private func refuseSlowBody() {
        end = .clientTimeout
        badRequest = .timeout
        refuse(408, .badRequest, "The request's body did not arrive in time.")
    }
}
