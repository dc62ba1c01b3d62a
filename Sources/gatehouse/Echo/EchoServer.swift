import GatewayConfig
import Glibc
import Operations
import Supervisor
import Transport

/// The sample API: says what it was asked, and by whom. It knows nothing of sessions; who asks stands in the
/// headers that the gateway adds.
final class EchoServer {
    private let loop: EventLoop
    private var server: PlainServer?
    private var signals: SignalSource?

    init() throws(SystemError) { loop = try EventLoop() }

    /// Serves on `address` until TERM or INT comes.
    func run(_ address: SocketAddress, onListening: () -> Void) throws(SystemError) {
        signal(SIGPIPE, SIG_IGN)
        let server = PlainServer(loop: loop) { [loop] in Self.answer($0, loop) }
        try server.listen(try Sockets.listen(address, backlog: 1_024, unixMode: 0o600))
        self.server = server
        signals = try SignalSource(loop: loop, signals: [SIGTERM, SIGINT, SIGQUIT]) { [loop] _ in loop.stop()
        }
        onListening()
        loop.run()
        server.close()
        let name = "\(address)"
        if address.family == AF_UNIX { unlink(String(name.dropFirst("unix:".count))) }
    }

    private static func answer(_ exchange: PlainExchange, _ loop: EventLoop) {
        let request = exchange.request
        if request.path == "/ws", request.isWebSocket {
            WebSocketEcho.start(exchange)
        } else if request.path == "/events" {
            EventTicker.start(exchange, loop)
        } else if request.prefers("text/html") {
            exchange.answer(
                PlainResponse(
                    status: 200, type: "text/html; charset=utf-8", body: Array(EchoPage.html(request).utf8),
                    lines: [
                        "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; form-action 'self'"
                    ]))
        } else {
            exchange.answer(.json(200, EchoPage.json(request)))
        }
    }
}
