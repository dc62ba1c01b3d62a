import GatewayConfig
import Operations
import Transport

/// One downstream connection: requests come in order, one exchange at a time runs, its object is used again.
final class ClientConnection: StreamHandler {
    let stream: Stream
    let worker: Worker
    private let loop: EventLoop
    /// The peer's address, text and 16 bytes, for X-Forwarded-For and limits.
    let peer: PeerAddress
    /// Status with which its requests are sent to https; 0 = they are not.
    var redirectStatus = 0
    /// Place in the worker's table.
    var slot = 0
    private(set) var exchange: Exchange?
    private let timer = DeadlineTimer()
    private var isProcessing = false
    private var isClosed = false
    /// Nothing more is to be read as a request.
    private(set) var isClosing = false
    /// What the running deadline is for.
    private var wait = Wait.head

    /// When the first part of a head came that is not complete, or the handshake began; 0 = there is none. Monotonic
    /// microseconds.
    private var headBegan: Int64 = 0

    /// The version of TLS that was agreed on; nil over plain HTTP.
    private(set) var tlsVersion: TLSVersion?

    private enum Wait { case handshake, head, keepalive, exchange }

    /// Where it is counted while it is open.
    let count: MetricCells

    init(worker: Worker, stream: Stream, peer: PeerAddress, count: MetricCells) {
        self.worker = worker
        self.count = count
        headBegan = stream.isConnecting ? worker.loop.nowMicroseconds : 0
        self.stream = stream
        self.peer = peer
        loop = worker.loop
        idleSince = loop.now
        super.init()
        stream.handler = self
        timer.own(by: self)
        if stream.isConnecting { wait = .handshake }
        let timeouts = worker.settings.timeouts
        loop.arm(timer, after: stream.isConnecting ? timeouts.tls : timeouts.header)
    }

    /// Whether no request has begun.
    var isIdle: Bool { exchange.map { !$0.isRunning } ?? true }
    /// When it last came to rest, monotonic milliseconds.
    private(set) var idleSince: Int64

    // MARK: Requests

    override func onReadable(_ stream: Stream) {
        if let exchange, exchange.isRunning {
            exchange.onClientReadable()
            return
        }
        processInput()
    }

    /// Takes requests from the input while they can be answered at once.
    func processInput() {
        if isProcessing { return }
        isProcessing = true
        defer { isProcessing = false }
        if stream.input != nil {
            // Held in a constant of its own: each look at a property that can change is counted.
            let exchange = self.exchange ?? Exchange(worker: worker, connection: self, stream: stream)
            if self.exchange == nil { self.exchange = exchange }
            while !isClosed, !isClosing, stream.input != nil, !stream.isAboveHighWater {
                if exchange.isRunning { return }
                if exchange.receive() == .incomplete {
                    awaitHead()
                    return
                }
            }
        }
        // A client that has ended its direction may still have requests here that wait until it reads answers.
        if !isClosed && isIdle && stream.hasEnded && stream.input == nil { end() }
    }

    /// There will be no further request.
    private func end() {
        if stream.pendingOutput == 0 { close() } else { finishAndClose(lingering: false) }
    }

    private func awaitHead() {
        if stream.hasEnded {
            end()
            return
        }
        if headBegan == 0 { headBegan = loop.nowMicroseconds }
        if wait == .head { return }
        wait = .head
        loop.arm(timer, after: worker.settings.timeouts.header)
    }

    /// How long the head that is complete now, at `now`, has taken since its first byte; microseconds.
    func headTime(until now: Int64) -> Int64 {
        if headBegan == 0 { return 0 }
        defer { headBegan = 0 }
        return now - headBegan
    }

    /// The exchange has its head; its own deadlines rule from here.
    func exchangeStarted() {
        wait = .exchange
        timer.disarm()
    }

    /// The exchange is over and the connection stays open: on to the next request, or to rest.
    func exchangeFinished() {
        if isClosed { return }
        if worker.isDraining {
            finishAndClose(lingering: false)
            return
        }
        wait = .keepalive
        idleSince = loop.now
        loop.arm(timer, after: worker.settings.timeouts.keepalive)
        processInput()
    }

    /// The exchange was the last one: everything written is flushed, then the connection closes.
    func finishAndClose(lingering: Bool, milliseconds: Int = 2_000) {
        if isClosed || isClosing { return }
        isClosing = true
        timer.disarm()
        guard stream.isOpen else {
            leave()
            return
        }
        stream.closeAfterFlush(lingering: lingering, milliseconds: milliseconds)
    }

    override func onClosed(_ stream: Stream) { leave() }

    override func onConnected(_ stream: Stream) {
        guard wait == .handshake else { return }
        tlsVersion = (stream as? TLSStream)?.version
        worker.meters.handshake.observe(headTime(until: loop.nowMicroseconds))
        wait = .head
        loop.arm(timer, after: worker.settings.timeouts.header)
    }

    override func onPlainText(_ stream: Stream) { refusePlainText() }

    // MARK: Events

    override func onEnd(_ stream: Stream) {
        guard let exchange, exchange.isRunning else {
            processInput()
            return
        }
        exchange.onClientEnd()
    }

    override func onDrained(_ stream: Stream) {
        guard let exchange, exchange.isRunning else {
            processInput()
            return
        }
        exchange.onClientDrained()
    }

    override func onFailure(_ stream: Stream, _ code: Int32) {
        if wait == .handshake { handshakeFailed(stream.trouble ?? SystemError.text(code)) }
        leave()
    }

    /// Closes at once.
    func close() {
        if isClosed { return }
        // First: what its exchange was about stands in the stream's input.
        leave()
        stream.close()
    }

    /// Closes at once because the gateway ends.
    func cut() {
        if let exchange, exchange.isRunning, exchange.end == .ok { exchange.end = .drain }
        close()
    }

    /// Closes with a reset: the client must not take a cut response for a whole one.
    func abort() {
        if isClosed { return }
        leave()
        stream.abort()
    }

    private func leave() {
        if isClosed { return }
        isClosed = true
        timer.invalidate()
        // Whatever it still waits for must not find it running.
        exchange?.onClientGone()
        exchange?.timer.invalidate()
        worker.connectionClosed(self)
    }
}

extension ClientConnection: DeadlineReceiver {
    func onDeadline(_ timer: DeadlineTimer) {
        switch wait {
        case .handshake:
            handshakeFailed("it did not end in time")
            close()
        case .keepalive: close()
        case .head:
            guard let input = stream.input, !input.isEmpty else {
                close()
                return
            }
            let exchange = self.exchange ?? Exchange(worker: worker, connection: self, stream: stream)
            self.exchange = exchange
            exchange.refuseSlowHead()
        case .exchange: break
        }
    }
}
