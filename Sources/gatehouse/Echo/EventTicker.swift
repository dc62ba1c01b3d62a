import Supervisor
import Transport

/// A stream of server-sent events: one a second, until the client goes.
final class EventTicker: StreamHandler, DeadlineReceiver {
    private let loop: EventLoop
    private var stream: Stream?
    private var timer: DeadlineTimer?
    private var count = 0

    static func start(_ exchange: PlainExchange, _ loop: EventLoop) {
        let ticker = EventTicker(loop)
        guard let stream = exchange.takeOver(ticker) else { return }
        ticker.begin(stream)
    }

    private init(_ loop: EventLoop) {
        self.loop = loop
        super.init()
    }

    private func begin(_ stream: Stream) {
        self.stream = stream
        // The timer keeps its receiver weakly; the stream's handler, this object, is kept by the stream.
        timer = DeadlineTimer(self)
        write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n")
        write("Transfer-Encoding: chunked\r\n\r\n")
        tick()
    }

    func onDeadline(_ timer: DeadlineTimer) { tick() }

    private func tick() {
        guard let stream, stream.isOpen, let timer else { return }
        if !stream.isAboveHighWater {
            count += 1
            let event = "id: \(count)\ndata: tick \(count)\n\n"
            write("\(String(event.utf8.count, radix: 16))\r\n\(event)\r\n")
        }
        loop.arm(timer, after: 1_000)
    }

    override func onReadable(_ stream: Stream) { stream.consume(stream.input?.count ?? 0) }

    override func onEnd(_ stream: Stream) { finish() }

    override func onFailure(_ stream: Stream, _ code: Int32) { finish() }

    private func finish() {
        timer?.disarm()
        stream?.close()
        stream = nil
    }

    private func write(_ text: String) { Array(text.utf8).withUnsafeBytes { stream?.write($0) } }
}
