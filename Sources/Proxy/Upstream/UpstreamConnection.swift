import Transport

/// One connection to an origin: serving an exchange, or idle in its server's pool.
final class UpstreamConnection: StreamHandler {
    private(set) var stream: Stream?
    let server: UpstreamServer
    /// The exchange it serves; nil while idle.
    var exchange: Exchange?
    /// Whether it has carried a whole exchange before: then a close without an answer is a keep-alive race.
    var isReused = false
    /// When it became idle, monotonic milliseconds.
    var idleSince: Int64 = 0

    init(server: UpstreamServer) { self.server = server }

    /// Why it failed, where there is more to say than an error number.
    private(set) var trouble: String?

    /// Takes `stream` for its own.
    func attach(_ stream: Stream) {
        stream.handler = self
        self.stream = stream
    }

    /// Leaves the exchange; the connection is closed, its place is free.
    func discard() {
        exchange = nil
        guard let stream else { return }
        self.stream = nil
        stream.close()
        server.connectionClosed(self)
    }

    /// Leaves the exchange; what was written is flushed before the connection closes. With `lingering`, what the
    /// origin has still to say is read and dropped for a second, so that it gets our last words.
    func finish(lingering: Bool = false) {
        exchange = nil
        guard let stream else { return }
        self.stream = nil
        stream.closeAfterFlush(lingering: lingering, milliseconds: lingering ? 1_000 : 2_000)
        server.connectionClosed(self)
    }

    override func onConnected(_ stream: Stream) { exchange?.onUpstreamConnected(self) }

    override func onReadable(_ stream: Stream) {
        guard let exchange else {
            // Bytes nobody asked for: they must never answer a later request (security: response queue poisoning).
            server.removeIdle(self)
            return
        }
        exchange.onUpstreamReadable(self, stream)
    }

    override func onEnd(_ stream: Stream) {
        guard let exchange else {
            server.removeIdle(self)
            return
        }
        exchange.onUpstreamEnd(self)
    }

    override func onDrained(_ stream: Stream) { exchange?.onUpstreamDrained(self) }

    override func onFailure(_ stream: Stream, _ code: Int32) {
        self.stream = nil
        trouble = stream.trouble
        let exchange = self.exchange
        self.exchange = nil
        server.connectionFailed(self)
        exchange?.onUpstreamFailure(self, code, received: stream.bytesReceived)
    }
}
