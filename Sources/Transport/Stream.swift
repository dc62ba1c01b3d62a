import CLinux
import Glibc

/// Told what happens on a stream. Each method has an empty default.
open class StreamHandler {
    /// A handler of no stream yet.
    public init() {}
    /// The connect finished.
    open func onConnected(_ stream: Stream) {}
    /// `stream.input` holds more bytes than before.
    open func onReadable(_ stream: Stream) {}
    /// The peer will send no more.
    open func onEnd(_ stream: Stream) {}
    /// The peer of a stream that begins with TLS does not speak it. What is written goes out as it is.
    open func onPlainText(_ stream: Stream) { stream.close() }
    /// Output that had been kept back went below low water.
    open func onDrained(_ stream: Stream) {}
    /// The stream that was to close after a flush has closed.
    open func onClosed(_ stream: Stream) {}
    /// The connection failed; `code` is the errno. The stream is closed.
    open func onFailure(_ stream: Stream, _ code: Int32) {}
}

/// A byte stream on the loop: a connected or connecting socket with bounded buffers.
///
/// Reading stops by itself while the input buffer is full, and when its owner pauses it; whoever writes looks at
/// `isAboveHighWater` and pauses its source. `TLSStream` is one whose bytes are sealed on their way.
open class Stream: EventSource {
    /// Pending output at which a source should stop, in bytes.
    public static let highWater = 64 << 10
    /// Pending output at which `onDrained` tells the source to go on, in bytes.
    public static let lowWater = 16 << 10

    /// The loop it lives on.
    public final let loop: EventLoop
    /// Who is told; nil = nobody any more.
    public final var handler: StreamHandler?
    /// What was received and not consumed; nil while there is nothing.
    public final var input: StreamInput? { inputBlock.view }
    /// Whether the peer has ended its direction.
    public internal(set) final var hasEnded = false
    /// Whether the connection ended without the word that its protocol has for an end: there may have been more.
    public internal(set) final var isTruncated = false
    /// Bytes received in all, as their owner sees them.
    public internal(set) final var bytesReceived = 0
    /// Bytes the kernel has taken, in all.
    public internal(set) final var bytesSent = 0

    enum Phase: UInt8 { case connecting, handshaking, open, flushing, lingering, closed }
    final var phase: Phase
    /// Whether bytes are sealed before they are sent, and opened when they come.
    final var isSealed: Bool
    final var inputBlock = InputBlock()
    final let pool: BufferPool
    final var output: ByteBuffer?
    final var isPaused = false
    final var isMuted = false
    private final var wantsDrained = false
    final var endsOutput = false
    final var closesAfterFlush = false
    final var lingers = false
    final var lingerMilliseconds = 2_000
    final var lingerTimer: DeadlineTimer?
    final var closeObserver: StreamHandler?
    final var lingerBudget = 1 << 20
    /// What waits for the owner to take input: a failure, or bytes that no event of the kernel will tell of.
    final var afterInput: TickEndTask?
    final var hasFailed = false
    /// Whether bytes that came are neither in the input nor in the kernel.
    public internal(set) final var holdsBytes = false

    /// Takes over a connected socket.
    public convenience init(
        loop: EventLoop, connected descriptor: Int32, pool: BufferPool
    ) throws(SystemError) {
        try self.init(loop: loop, connected: descriptor, pool: pool, isSealed: false)
    }

    /// Starts to connect to `address`; `onConnected` or `onFailure` follows.
    public convenience init(
        loop: EventLoop, connectingTo address: SocketAddress, pool: BufferPool
    ) throws(SystemError) {
        try self.init(loop: loop, connectingTo: address, pool: pool, isSealed: false)
    }

    init(
        loop: EventLoop, connected descriptor: Int32, pool: BufferPool, isSealed: Bool
    ) throws(SystemError) {
        self.loop = loop
        self.pool = pool
        self.isSealed = isSealed
        phase = isSealed ? .handshaking : .open
        super.init()
        do {
            try loop.register(self, descriptor: descriptor, interest: .read)
        } catch {
            Glibc.close(descriptor)
            throw error
        }
    }

    init(
        loop: EventLoop, connectingTo address: SocketAddress, pool: BufferPool, isSealed: Bool
    ) throws(SystemError) {
        self.loop = loop
        self.pool = pool
        self.isSealed = isSealed
        phase = .connecting
        super.init()
        let socket = try Sockets.connect(address)
        try loop.register(self, descriptor: socket.number, interest: .write)
        _ = socket.release()
    }

    deinit { inputBlock.release(pool) }

    // MARK: What a subclass replaces

    /// Reads into `target`; the count, 0 at the end, or -1 with errno (EAGAIN: nothing there).
    open func receive(into target: UnsafeMutableRawBufferPointer) -> Int {
        retryingInterrupted { clinux_recv(descriptor, target.baseAddress, target.count) }
    }

    /// Writes `first`, then `second`; the count, or -1 with errno (EAGAIN: no room).
    open func send(_ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer) -> Int {
        if second.isEmpty {
            return retryingInterrupted { clinux_send(descriptor, first.baseAddress, first.count) }
        }
        return withUnsafeTemporaryAllocation(of: iovec.self, capacity: 2) { vectors in
            vectors[0] = iovec(
                iov_base: UnsafeMutableRawPointer(mutating: first.baseAddress), iov_len: first.count)
            vectors[1] = iovec(
                iov_base: UnsafeMutableRawPointer(mutating: second.baseAddress), iov_len: second.count)
            return retryingInterrupted { clinux_sendv(descriptor, vectors.baseAddress, 2) }
        }
    }

    /// Why the connection cannot be used, for logs; nil where the error number of `onFailure` says it all.
    open var trouble: String? { nil }

    /// Goes on with what both sides have to agree on before bytes flow.
    func shakeHands() -> HandshakeStep { .done }
    /// The bytes that carry `first` and `second`, valid until the next call; nil: nothing can be sent now.
    func seal(_ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        nil
    }
    /// The bytes that carry what was written before; nil: nothing was.
    func sealEarly() -> UnsafeRawBufferPointer? { nil }
    /// The bytes that say that our direction ends; nil: there are none to say.
    func sealEnd() -> UnsafeRawBufferPointer? { nil }
    /// The stream is closed: what is needed for sealing can go.
    func discardSeal() {}

    // MARK: State

    /// Whether bytes can be written or are still to be flushed.
    public final var isOpen: Bool { phase.rawValue <= Phase.open.rawValue }
    /// Whether the connect, with all that belongs to it, has not finished.
    public final var isConnecting: Bool { phase.rawValue < Phase.open.rawValue }
    /// Bytes written that the kernel has not taken.
    public final var pendingOutput: Int { output?.count ?? 0 }
    /// Whether a source should stop until `onDrained`.
    public final var isAboveHighWater: Bool { pendingOutput > Self.highWater }

    // MARK: Reading

    /// Drops `count` bytes of the input; an emptied buffer goes back to the pool.
    public final func consume(_ count: Int) {
        guard inputBlock.count > 0 else { return }
        inputBlock.consume(count, pool)
        if let afterInput { loop.atTickEnd(afterInput) }
        updateInterest()
    }

    /// Stops reading.
    public final func pause() {
        if isPaused { return }
        isPaused = true
        updateInterest()
    }

    /// Goes on reading.
    public final func resume() {
        if !isPaused { return }
        isPaused = false
        isMuted = false
        if let afterInput { loop.atTickEnd(afterInput) }
        updateInterest()
    }

    /// Whether the input buffer cannot take more.
    public final var isInputFull: Bool { inputBlock.count == pool.blockSize }

    // MARK: Writing

    /// Writes `first` and then `second`; what the kernel does not take now is kept and sent later.
    public final func write(
        _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer = .init(start: nil, count: 0)
    ) {
        guard isOpen, !endsOutput else { return }
        if isSealed {
            if let sealed = seal(first, second) { push(sealed) }
            return
        }
        push(first, second)
    }

    /// Sends bytes as they are, behind those that are pending.
    final func push(
        _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer = .init(start: nil, count: 0)
    ) {
        if phase == .connecting || pendingOutput > 0 {
            keep(first, second)
            return
        }
        let total = first.count + second.count
        if total == 0 { return }
        let sent = send(first, second)
        if sent == total {
            bytesSent += sent
            return
        }
        if sent < 0 && errno != EAGAIN {
            failLater(errno)
            return
        }
        let done = max(sent, 0)
        bytesSent += done
        if done < first.count {
            keep(UnsafeRawBufferPointer(rebasing: first[done...]), second)
        } else {
            keep(
                UnsafeRawBufferPointer(rebasing: second[(done - first.count)...]), .init(start: nil, count: 0)
            )
        }
    }

    /// Writes what `buffer` holds and empties it.
    public final func write(_ buffer: ByteBuffer) {
        write(buffer.readable)
        buffer.removeAll()
    }

    /// Appends to the pending output without a system call; `flush()` sends it.
    public final func enqueue(_ bytes: UnsafeRawBufferPointer) {
        guard isOpen, !endsOutput else { return }
        if isSealed {
            if let sealed = seal(bytes, .init(start: nil, count: 0)) { append(sealed) }
            return
        }
        append(bytes)
    }

    private func append(_ bytes: UnsafeRawBufferPointer) {
        if output == nil { output = pool.take() }
        output?.append(bytes)
    }

    /// Sends what is pending.
    public final func flush() {
        guard phase != .connecting, phase != .closed, let output, !output.isEmpty else { return }
        let sent = send(output.readable, .init(start: nil, count: 0))
        if sent < 0 {
            if errno != EAGAIN {
                failLater(errno)
                return
            }
        } else {
            bytesSent += sent
            output.consume(sent)
        }
        afterFlush()
    }

    /// Ends our direction once everything is flushed; reading goes on.
    public final func endOutput() {
        guard isOpen, !endsOutput else { return }
        if isSealed, let end = sealEnd() { push(end) }
        endsOutput = true
        if pendingOutput == 0 && phase == .open { shutdownWriting() }
    }

    private func keep(_ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer) {
        let output = self.output ?? pool.take()
        self.output = output
        output.append(first)
        output.append(second)
        wantsDrained = true
        updateInterest()
    }

    private func afterFlush() {
        if let output, output.isEmpty {
            pool.give(output)
            self.output = nil
        }
        let pending = pendingOutput
        if pending == 0 && endsOutput && phase == .open { shutdownWriting() }
        if pending == 0 && closesAfterFlush {
            finishClose()
            return
        }
        updateInterest()
        if wantsDrained && pending <= Self.lowWater {
            wantsDrained = false
            handler?.onDrained(self)
        } else if pending > 0 {
            wantsDrained = true
        }
    }

    // MARK: Events

    /// Reads, writes, or learns of an end.
    public final override func onReady(_ readiness: Readiness) {
        if phase != .open {
            onReadyUnopened(readiness)
            return
        }
        if readiness.contains(.write) { flush() }
        if readiness.contains(.read) || !readiness.isDisjoint(with: .broken) { readInput(readiness) }
    }
}
