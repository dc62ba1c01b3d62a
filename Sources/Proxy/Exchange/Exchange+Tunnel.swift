import HTTP1
import HTTPCore
import Operations
import Secrets
import Transport

extension Exchange {
    /// A 101: the tunnel opens only if the client asked for this protocol and the origin proves it understood
    /// (RFC 6455, 4.1); until here not a byte behind the handshake was forwarded.
    func switchProtocols(_ connection: UpstreamConnection, _ source: Stream, _ length: Int) {
        guard head.upgradesToWebSocket, responseHead.isUpgradeToWebSocket, isAcceptValid(source) else {
            refuseUpstream(.malformed("101 that was not asked for"))
            return
        }
        guard let input = source.input else { return }
        if identity.isPresent && !beginStream() { return }
        fixedServer?.use { $0.noteAnswer() }
        status = 101
        upstreamStatus = 101
        hasResponseStarted = true
        phase = .tunnel
        tunnel = Tunnel()
        tunnelEndsByOrigin = false
        scratch.removeAll()
        rules.writeSwitching(self, input.readable, into: scratch)
        stream.write(scratch.readable)
        source.consume(length)
        keepHead()
        noteFirstByte()
        noteEnd()
        log.access(self, isTunnelOpening: true)
        measureRequest()
        fixedRoute?.use { $0.webSockets.add() }
        pumpTunnelDown()
        pumpTunnelUp()
    }

    private func isAcceptValid(_ source: Stream) -> Bool {
        guard let key = field(.secWebSocketKey), let input = source.input else { return false }
        let expected = Base64.encode(SHA1.hash(Array(key) + Self.webSocketIdentifier))
        for line in responseHead.fields where line.id == .secWebSocketAccept {
            return input.readable[line.value].elementsEqual(expected)
        }
        return false
    }

    /// RFC 6455, 4.2.2.
    private static let webSocketIdentifier = Array("258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8)

    func pumpTunnelUp() {
        guard phase == .tunnel, let target = upstream?.stream else { return }
        if let input = stream.input {
            if target.isAboveHighWater {
                stream.pause()
            } else {
                let count = tunnel?.takeUp(input.readable) ?? 0
                requestBodyBytes += count
                target.write(UnsafeRawBufferPointer(rebasing: input.readable[..<count]))
                stream.consume(count)
            }
        }
        if tunnel?.isClosing == true {
            goOnClosing()
            return
        }
        if stream.hasEnded && stream.input == nil { target.endOutput() }
        finishTunnelIfBothEnded()
        armDeadline()
    }

    func pumpTunnelDown() {
        guard phase == .tunnel, let source = upstream?.stream else { return }
        if let input = source.input {
            if stream.isAboveHighWater {
                source.pause()
            } else {
                let count = tunnel?.takeDown(input.readable) ?? 0
                responseBytes += count
                stream.write(UnsafeRawBufferPointer(rebasing: input.readable[..<count]))
                source.consume(count)
            }
        }
        if tunnel?.isClosing == true {
            goOnClosing()
            return
        }
        if source.hasEnded && source.input == nil {
            if !stream.hasEnded { tunnelEndsByOrigin = true }
            stream.endOutput()
        }
        finishTunnelIfBothEnded()
        armDeadline()
    }

    func onTunnelEndDown() { pumpTunnelDown() }

    private func finishTunnelIfBothEnded() {
        guard phase == .tunnel, let source = upstream?.stream else { return }
        if stream.hasEnded && source.hasEnded && stream.input == nil && source.input == nil { finishTunnel() }
    }

    /// Ends both sides; what is on its way is still flushed.
    func finishTunnel() {
        guard phase == .tunnel else { return }
        timer.disarm()
        if let upstream {
            self.upstream = nil
            upstream.finish()
        }
        finish()
        connection.finishAndClose(lingering: false)
    }
}
