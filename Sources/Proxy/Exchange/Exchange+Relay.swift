import HTTP1
import HTTPCore
import Operations
import Transport

extension Exchange {
    static let informationalLimit = 16

    func onUpstreamReadable(_ connection: UpstreamConnection, _ source: Stream) {
        switch phase {
        case .awaitingResponse: readResponseHead(connection, source)
        case .relaying: pumpResponseBody(connection, source)
        case .tunnel: pumpTunnelDown()
        default: break
        }
    }

    // MARK: Head

    private func readResponseHead(_ connection: UpstreamConnection, _ source: Stream) {
        while phase == .awaitingResponse, let input = source.input {
            let raw = input.readable.bindMemory(to: UInt8.self)
            let continuing = isResponseHeadBegun
            isResponseHeadBegun = false
            switch responseHead.parse(raw.span, limits: worker.responseLimits, continuing: continuing) {
            case .incomplete:
                isResponseHeadBegun = true
                if source.isInputFull { refuseUpstream(.malformed("head too large")) }
                return
            case .malformed(let fault):
                refuseUpstream(.malformed("\(fault)"))
                return
            case .complete(let length):
                acceptHead(connection, source, length)
            }
        }
    }

    private func acceptHead(_ connection: UpstreamConnection, _ source: Stream, _ length: Int) {
        switch responseHead.status {
        case 101: switchProtocols(connection, source, length)
        case 100..<200: passInformational(source, length)
        default: startResponse(connection, source, length)
        }
    }

    /// 102, 103 and the like go on to the client; 100 was ours to say (RFC 9110, 15.2).
    private func passInformational(_ source: Stream, _ length: Int) {
        informationalCount += 1
        if informationalCount > Self.informationalLimit {
            refuseUpstream(.malformed("too many informational responses"))
            return
        }
        if responseHead.status != 100 && head.minorVersion >= 1, let input = source.input {
            scratch.removeAll()
            rules.writeInformational(responseHead, input.readable, into: scratch)
            stream.write(scratch.readable)
        }
        source.consume(length)
    }

    private func startResponse(_ connection: UpstreamConnection, _ source: Stream, _ length: Int) {
        guard let input = source.input else { return }
        fixedServer?.use { $0.noteAnswer() }
        upstreamStatus = responseHead.status
        status = responseHead.status
        noteFirstByte()
        let framing = BodyFraming.ofResponse(
            status: responseHead.status, isChunked: responseHead.isChunked,
            contentLength: responseHead.contentLength, toMethod: head.method)
        if identity.isPresent && !framing.isMeasured && !beginStream() { return }
        // Many small chunks are an application's right; only clients are measured by them.
        responseBody = BodyDecoder(framing, limitsOverhead: false)
        planResponse(framing)
        hasResponseStarted = true
        phase = .relaying
        scratch.removeAll()
        rules.writeResponse(self, input.readable, framing, into: scratch)
        source.consume(length)
        sendFirst(source)
        pumpResponseBody(connection, source)
    }

    /// The head leaves together with the body's first bytes where they are here already: one system call.
    private func sendFirst(_ source: Stream) {
        if !isResponseChunked, let input = source.input, !responseBody.isComplete {
            let raw = input.readable.bindMemory(to: UInt8.self)
            if case .payload(let range)? = try? responseBody.next(raw.span, from: 0) {
                let payload = UnsafeRawBufferPointer(rebasing: input.readable[range])
                responseBytes += payload.count
                if payload.count <= 4096 {
                    scratch.append(payload)
                    stream.write(scratch.readable)
                } else {
                    stream.write(scratch.readable, payload)
                }
                source.consume(range.upperBound)
                return
            }
        }
        stream.write(scratch.readable)
    }

    /// How the response's end will be known to the client, and whether the connection outlives it.
    private func planResponse(_ framing: BodyFraming) {
        isResponseChunked = false
        isResponseCloseDelimited = false
        switch framing {
        case .none, .length: break
        case .chunked, .untilClose:
            if head.minorVersion >= 1 { isResponseChunked = true } else { isResponseCloseDelimited = true }
        }
        closesAfterResponse =
            isResponseCloseDelimited || !head.keepsAlive || head.minorVersion == 0 || worker.isDraining
            || !isRequestBodyDone && !canDrainRequestBody
    }

    // MARK: Body

    /// Moves what there is of the response's body to the client.
    func pumpResponseBody(_ connection: UpstreamConnection, _ source: Stream) {
        while !responseBody.isComplete {
            if stream.isAboveHighWater {
                source.pause()
                armDeadline()
                return
            }
            guard let input = source.input else {
                if source.hasEnded {
                    onResponseEndOfStream(connection, source)
                } else {
                    armDeadline()
                }
                return
            }
            guard relayAvailable(input, source) else { return }
        }
        finishResponse(connection, source)
    }

    /// Relays one readable piece. False: it was broken, and the exchange is over.
    private func relayAvailable(_ input: StreamInput, _ source: Stream) -> Bool {
        let readable = input.readable
        let raw = readable.bindMemory(to: UInt8.self)
        let gathered = worker.bodyScratch
        gathered.removeAll()
        var position = 0
        do {
            pieces: while position < readable.count && !responseBody.isComplete {
                switch try responseBody.next(raw.span, from: position) {
                case .payload(let range):
                    let payload = UnsafeRawBufferPointer(rebasing: readable[range])
                    position = range.upperBound
                    if isResponseChunked && (!gathered.isEmpty || position < readable.count) {
                        gathered.append(payload)
                    } else {
                        relayResponseBytes(payload)
                    }
                case .needMore(let consumed):
                    position = consumed
                    break pieces
                case .end(let consumed):
                    position = consumed
                }
            }
        } catch {
            onResponseCut()
            return false
        }
        if !gathered.isEmpty { relayResponseBytes(gathered.readable) }
        source.consume(position)
        return true
    }

    private func relayResponseBytes(_ payload: UnsafeRawBufferPointer) {
        responseBytes += payload.count
        if isResponseChunked { writeChunk(payload, to: stream) } else { stream.write(payload) }
    }

    func onClientDrained() {
        switch phase {
        case .relaying:
            guard let upstream, let source = upstream.stream else { return }
            source.resume()
            pumpResponseBody(upstream, source)
        case .tunnel:
            upstream?.stream?.resume()
            pumpTunnelDown()
        default: break
        }
    }

    // MARK: End

    func onUpstreamEnd(_ connection: UpstreamConnection) {
        switch phase {
        case .awaitingResponse:
            let received = connection.stream?.bytesReceived ?? 0
            connection.discard()
            onNoAnswer(wasReused: connection.isReused, received: received)
        case .relaying: if let source = connection.stream { pumpResponseBody(connection, source) }
        case .tunnel: onTunnelEndDown()
        default: break
        }
    }

    /// The origin ended: that is the body's end if it had no other, and if TLS has said so; else the body is cut.
    private func onResponseEndOfStream(_ connection: UpstreamConnection, _ source: Stream) {
        guard responseBody.endsWithConnection, !source.isTruncated else {
            onResponseCut()
            return
        }
        responseBody.finish()
        finishResponse(connection, source)
    }

    private func finishResponse(_ connection: UpstreamConnection, _ source: Stream) {
        if isResponseChunked && head.method != .head { worker.write("0\r\n\r\n", to: stream) }
        let isClean =
            responseHead.keepsAlive && isRequestBodyDone && !responseBody.endsWithConnection
            && source.input == nil && !source.hasEnded && !source.holdsBytes && source.pendingOutput == 0
        upstream = nil
        timer.disarm()
        if isClean {
            // What comes after the response belongs to nobody: see `UpstreamConnection.onReadable`.
            source.resume()
            connection.server.release(connection)
        } else {
            connection.discard()
        }
        finishRequest()
    }

    /// The response cannot be finished: the client must not take what it has for the whole.
    func onResponseCut() {
        if end == .ok { end = .upstreamAbort }
        if end != .clientTimeout {
            worker.tally.count(.upstreamErrors)
            let label: UpstreamErrorLabel = end == .upstreamTimeout ? .timeout : .truncated
            fixedGroup?.use { $0.meter.errors.count(label) }
        }
        dropUpstream()
        abortClient()
    }

    /// Ends the client's connection without the end that its framing asks for.
    func abortClient() {
        let mustReset = isResponseCloseDelimited
        finish()
        if mustReset { connection.abort() } else { connection.finishAndClose(lingering: false) }
    }

    func dropUpstream() {
        timer.disarm()
        if isQueued {
            server?.cancelWaiting(self)
            isQueued = false
        }
        guard let upstream else { return }
        self.upstream = nil
        upstream.discard()
    }
}
