import GatewayConfig
import HTTP1
import HTTPCore
import Operations
import Pages
import Transport

extension Exchange {
    // MARK: A connection to the origin

    /// Asks for a connection to the origin.
    func forward(_ route: CompiledRoute, _ group: Fixed<UpstreamGroup>) {
        phase = .connecting
        if head.upgradesToWebSocket && !reserveWebSocket() { return }
        if let total = route.settings.timeout, !head.upgradesToWebSocket {
            totalDeadline = worker.loop.now + Int64(total)
        }
        guard let server = group.use({ $0.next(for: self) }) else {
            refuseUpstream(.noServer("no server is well"))
            return
        }
        acquire(from: server, fresh: false)
    }

    private func reserveWebSocket() -> Bool {
        guard worker.counters.acquire(.websockets, limit: worker.settings.limits.websockets) else {
            worker.meters.webSocketEnds.count(WebSocketEndLabel.limit)
            end = .limit
            return refused(503, .overloaded, "Too many WebSocket connections are open.")
        }
        holdsWebSocket = true
        return true
    }

    private func acquire(from server: Fixed<UpstreamServer>, fresh: Bool) {
        fixedServer = server
        attempts += 1
        switch server.use({ $0.acquire(for: self, fresh: fresh) }) {
        case .ready(let connection):
            upstream = connection
            sendRequest(connection)
        case .connecting(let connection):
            upstream = connection
            noteConnecting()
            armDeadline()
        case .queued:
            isQueued = true
            noteConnecting()
            worker.loop.arm(timer, after: 1_000)
        case .failed(let fault): onUpstreamUnavailable(fault)
        }
    }

    /// A connection came free for this exchange, which had waited in the queue. It may still be connecting.
    func onUpstreamAcquired(_ connection: UpstreamConnection) {
        isQueued = false
        upstream = connection
        guard let stream = connection.stream, !stream.isConnecting else {
            armDeadline()
            return
        }
        sendRequest(connection)
    }

    func onUpstreamConnected(_ connection: UpstreamConnection) { sendRequest(connection) }

    /// The server that this exchange waits for is no longer one: the others serve.
    func onUpstreamMoved() {
        isQueued = false
        noteConnected()
        attempts -= 1
        guard let next = group?.next(for: self) else {
            refuseUpstream(.noServer("no server is well"))
            return
        }
        acquire(from: next, fresh: false)
    }

    /// No connection could be had: nothing was sent, and another server may do.
    func onUpstreamUnavailable(_ fault: UpstreamFault) {
        isQueued = false
        noteConnected()
        guard let group, let next = serverAfterNoConnection(fault) else {
            refuseUpstream(fault)
            return
        }
        countUpstreamError(fault)
        group.meter.retries.add()
        acquire(from: Fixed(next), fresh: false)
    }

    // MARK: The request goes out

    private func sendRequest(_ connection: UpstreamConnection) {
        guard let target = connection.stream else { return }
        noteConnected()
        phase = .awaitingResponse
        receivedBefore = target.bytesReceived
        isResponseHeadBegun = false
        scratch.removeAll()
        rules.writeRequest(self, into: scratch)
        if isRequestBodyDone {
            target.write(scratch.readable)
            noteSent()
            armDeadline()
            return
        }
        keepHead()
        target.write(scratch.readable)
        noteSent()
        if awaitsContinue {
            awaitsContinue = false
            worker.write(Self.continueLine, to: stream)
        }
        pumpRequestBody()
    }

    private static let continueLine: StaticString = "HTTP/1.1 100 Continue\r\n\r\n"

    /// The body needs the input buffer: the head moves aside. A request with a body is not sent twice.
    func keepHead() {
        guard savedHead == nil, let input = stream.input else { return }
        let copy = worker.headPool.take()
        copy.append(UnsafeRawBufferPointer(rebasing: input.readable[..<headLength]))
        savedHead = copy
        stream.consume(headLength)
    }

    /// Moves what there is of the request's body to the origin.
    func pumpRequestBody() {
        guard let target = upstream?.stream else { return }
        while !isRequestBodyDone {
            if target.isAboveHighWater {
                stream.pause()
                break
            }
            guard let input = stream.input else { break }
            guard let piece = nextBodyPiece(input) else { return }
            switch piece {
            case .payload(let range):
                guard countBody(range.count) else { return }
                relayRequestBytes(UnsafeRawBufferPointer(rebasing: input.readable[range]), to: target)
                stream.consume(range.upperBound)
            case .needMore(let consumed):
                stream.consume(consumed)
                armDeadline()
                return
            case .end(let consumed):
                stream.consume(consumed)
            }
            if requestBody.isComplete { finishRequestBody(target) }
        }
        armDeadline()
    }

    /// The next piece of the body, or nil if its framing is broken and the exchange is over.
    private func nextBodyPiece(_ input: StreamInput) -> BodyPiece? {
        let raw = input.readable.bindMemory(to: UInt8.self)
        do {
            return try requestBody.next(raw.span, from: 0)
        } catch {
            end = .badRequest
            badRequest = .framing
            failRequestBody(400, .badRequest, "The request's body is not framed as HTTP wants it.")
            return nil
        }
    }

    private func countBody(_ count: Int) -> Bool {
        requestBodyBytes += count
        guard let bodyLimit, requestBodyBytes > bodyLimit else { return true }
        badRequest = .tooLarge
        end = .limit
        failRequestBody(413, .bodyTooLarge, "The request's body is larger than this address takes.")
        return false
    }

    /// The origin must not take what it has for the whole: its connection is cut.
    private func failRequestBody(_ status: Int, _ code: ProblemCode, _ detail: String) {
        dropUpstream()
        guard !hasResponseStarted else {
            abortClient()
            return
        }
        refuse(status, code, detail)
    }

    private func relayRequestBytes(_ payload: UnsafeRawBufferPointer, to target: Stream) {
        if head.isChunked { writeChunk(payload, to: target) } else { target.write(payload) }
    }

    private func finishRequestBody(_ target: Stream) {
        isRequestBodyDone = true
        if head.isChunked { worker.write("0\r\n\r\n", to: target) }
    }

    /// One chunk (RFC 9112, 7.1).
    func writeChunk(_ payload: UnsafeRawBufferPointer, to target: Stream) {
        let line = worker.chunkScratch
        line.removeAll()
        line.append(hexadecimal: payload.count)
        line.append("\r\n")
        if payload.count <= 16 << 10 {
            line.append(payload)
            line.append("\r\n")
            target.write(line.readable)
            return
        }
        target.write(line.readable, payload)
        worker.write("\r\n", to: target)
    }

    // MARK: Events

    func onClientReadable() {
        switch phase {
        case .awaitingResponse, .relaying: if !isRequestBodyDone { pumpRequestBody() }
        case .tunnel: pumpTunnelUp()
        case .collecting: collectBody()
        case .draining: drainRequestBody()
        case .idle, .authenticating, .connecting, .working: break
        }
    }

    func onUpstreamDrained(_ connection: UpstreamConnection) {
        stream.resume()
        if phase == .tunnel { pumpTunnelUp() } else if !isRequestBodyDone { pumpRequestBody() }
    }

    /// The connection closed without an answer, or was reset.
    func onUpstreamFailure(_ connection: UpstreamConnection, _ code: Int32, received: Int) {
        upstream = nil
        switch phase {
        case .connecting:
            let reason = connection.trouble ?? SystemError(call: "connect", code: code).description
            onUpstreamUnavailable(.connect(reason))
        case .awaitingResponse where connection.trouble != nil && !connection.isReused:
            // With TLS 1.3 a server says only now that it does not like our certificate.
            refuseUpstream(.connect(connection.trouble ?? ""))
        case .awaitingResponse: onNoAnswer(wasReused: connection.isReused, received: received)
        case .relaying: onResponseCut()
        case .tunnel:
            tunnelEndsByOrigin = true
            finishTunnel()
        default: break
        }
    }

    /// D10: once more on a fresh connection, if that is safe and not a byte of an answer came.
    func onNoAnswer(wasReused: Bool, received: Int) {
        upstream = nil
        let isSilent = received == receivedBefore
        if !wasReused || !isSilent { server?.noteFailure("closed the connection without an answer") }
        guard isSilent, let next = serverAfterNoAnswer(wasReused: wasReused) else {
            refuseUpstream(.closed)
            return
        }
        noteTryOver()
        group?.meter.retries.add()
        phase = .connecting
        acquire(from: Fixed(next), fresh: true)
    }
}
