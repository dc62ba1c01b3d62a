import HTTP1
import Secrets
import Transport

extension Exchange {
    /// Close codes: ours for a session that has ended, and "going away" (RFC 6455, 7.4.1).
    static let sessionEndedCode: UInt16 = 4001
    static let goingAwayCode: UInt16 = 1001
    private static let lingerMilliseconds = 1_000

    /// Closes the tunnel with a Close frame to either side, each at the end of the frame that is on its way; a frame
    /// that does not end in time is cut.
    func closeTunnel(code: UInt16, end: ExchangeEnd, patience: Int64 = Tunnel.patience) {
        guard phase == .tunnel, tunnel?.isClosing == false else { return }
        self.end = end
        tunnel?.beginClosing(code, until: worker.loop.now + patience)
        // What waits here already may be the rest of a frame.
        pumpTunnelDown()
        pumpTunnelUp()
    }

    /// Says the last word to each side whose frame is whole, and ends the tunnel once both have it.
    func goOnClosing() {
        guard phase == .tunnel, var tunnel = self.tunnel, let code = tunnel.code else { return }
        if !tunnel.isClientDone && tunnel.down.isBetweenFrames {
            tunnel.isClientDone = true
            if !tunnel.down.hasClosed {
                write(WebSocketClose.frame(code: code, reason: reason(code)), to: stream)
            }
        }
        if !tunnel.isOriginDone && tunnel.up.isBetweenFrames {
            tunnel.isOriginDone = true
            if !tunnel.up.hasClosed { sendCloseToOrigin() }
        }
        self.tunnel = tunnel
        if tunnel.isClientDone && tunnel.isOriginDone { finishClosingTunnel() } else { armDeadline() }
    }

    private func reason(_ code: UInt16) -> String {
        code == Self.sessionEndedCode ? "session ended" : ""
    }

    private func sendCloseToOrigin() {
        // Without random bytes there is no mask, and without one no frame that a server may take.
        guard let target = upstream?.stream, let mask = try? RandomBytes.make(count: 4) else { return }
        write(WebSocketClose.frame(code: Self.goingAwayCode, mask: mask), to: target)
    }

    private func write(_ frame: [UInt8], to target: Stream) {
        frame.withUnsafeBytes { target.write($0) }
    }

    /// Ends both sides. One that was told everything may still take it in; the other is cut.
    func finishClosingTunnel() {
        guard phase == .tunnel, let tunnel else { return }
        timer.disarm()
        if let upstream {
            self.upstream = nil
            if tunnel.isOriginDone { upstream.finish(lingering: true) } else { upstream.discard() }
        }
        finish()
        if tunnel.isClientDone {
            connection.finishAndClose(lingering: true, milliseconds: Self.lingerMilliseconds)
        } else {
            connection.close()
        }
    }
}
