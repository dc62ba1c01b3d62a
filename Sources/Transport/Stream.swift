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
    /// Output that had been kept back went below low water.
    open func onDrained(_ stream: Stream) {}
    /// The stream that was to close after a flush has closed.
    open func onClosed(_ stream: Stream) {}
    /// The connection failed; `code` is the errno. The stream is closed.
    open func onFailure(_ stream: Stream, _ code: Int32) {}
}

/// A byte stream on the loop: a connected or connecting socket with bounded buffers.
///
/// A TLS stream is a subclass with other `receive` and `send`. Reading stops by itself while the input buffer is
/// full, and when its owner pauses it; whoever writes looks at `isAboveHighWater` and pauses its source.
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
    public private(set) final var hasEnded = false
    /// Bytes received and sent in all.
    public private(set) final var bytesReceived = 0
    /// Bytes the kernel has taken, in all.
    public private(set) final var bytesSent = 0

    private final var inputBlock = InputBlock()
    private enum Phase { case connecting, open, flushing, lingering, closed }
    private final var phase: Phase
    private final let pool: BufferPool
    private final var output: ByteBuffer?
    private final var isPaused = false
    private final var isMuted = false
    private final var wantsDrained = false
    private final var endsOutput = false
    private final var closesAfterFlush = false
    private final var lingers = false
    private final var lingerMilliseconds = 2_000
    private final var lingerTimer: DeadlineTimer?
    private final var failure: FailureTask?
    private final var closeObserver: StreamHandler?
    private final var lingerBudget = 1 << 20

    /// Takes over a connected socket.
    public init(
        loop: EventLoop, connected descriptor: Int32, pool: BufferPool
    ) throws(SystemError) {
        self.loop = loop
        self.pool = pool
        phase = .open
        super.init()
        do {
            try loop.register(self, descriptor: descriptor, interest: .read)
        } catch {
            Glibc.close(descriptor)
            throw error
        }
    }

    /// Starts to connect to `address`; `onConnected` or `onFailure` follows.
    public init(
        loop: EventLoop, connectingTo address: SocketAddress, pool: BufferPool
    ) throws(SystemError) {
        self.loop = loop
        self.pool = pool
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

    // MARK: State

    /// Whether bytes can be written or are still to be flushed.
    public final var isOpen: Bool { phase == .open || phase == .connecting }
    /// Whether the connect has not finished.
    public final var isConnecting: Bool { phase == .connecting }
    /// Bytes written that the kernel has not taken.
    public final var pendingOutput: Int { output?.count ?? 0 }
    /// Whether a source should stop until `onDrained`.
    public final var isAboveHighWater: Bool { pendingOutput > Self.highWater }

    // MARK: Reading

    /// Drops `count` bytes of the input; an emptied buffer goes back to the pool.
    public final func consume(_ count: Int) {
        guard inputBlock.count > 0 else { return }
        inputBlock.consume(count, pool)
        if let failure { loop.atTickEnd(failure) }
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
        if let failure { loop.atTickEnd(failure) }
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

    private func shutdownWriting() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    // MARK: Closing

    /// Closes now; the handler hears nothing more.
    public final func close() {
        guard phase != .closed else { return }
        phase = .closed
        handler = nil
        failure = nil
        lingerTimer?.invalidate()
        lingerTimer = nil
        inputBlock.release(pool)
        if let output {
            pool.give(output)
            self.output = nil
        }
        loop.close(self)
        let observer = closeObserver
        closeObserver = nil
        observer?.onClosed(self)
    }

    /// Closes with a reset, so that the peer cannot take what it got for the whole.
    public final func abort() {
        if descriptor >= 0 {
            var option = linger(l_onoff: 1, l_linger: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        }
        close()
    }

    /// Closes once everything is flushed. With `lingering`, the flush may take `milliseconds`, and then input that
    /// still comes is read and dropped for at most as long again, so that a reset does not destroy the reply on its way (RFC 9112, 9.6).
    /// The handler hears nothing more but `onClosed`.
    public final func closeAfterFlush(lingering: Bool, milliseconds: Int = 2_000) {
        guard isOpen else { return }
        closeObserver = handler
        handler = nil
        lingers = lingering
        lingerMilliseconds = milliseconds
        closesAfterFlush = true
        phase = .flushing
        inputBlock.release(pool)
        let timer = lingerTimer ?? DeadlineTimer(self)
        lingerTimer = timer
        loop.arm(timer, after: lingering ? milliseconds : 30_000)
        if pendingOutput == 0 { finishClose() } else { updateInterest() }
    }

    private func finishClose() {
        guard lingers, !hasEnded, phase == .flushing else {
            close()
            return
        }
        phase = .lingering
        shutdownWriting()
        isPaused = false
        if let lingerTimer { loop.arm(lingerTimer, after: lingerMilliseconds) }
        updateInterest()
    }

    private func fail(_ code: Int32) {
        let told = handler
        close()
        told?.onFailure(self, code)
    }

    /// A write failed. The handler hears of it at the end of the tick, never inside its own call of `write`.
    private func failLater(_ code: Int32) {
        if failure != nil { return }
        let task = FailureTask(self, code)
        failure = task
        endsOutput = true
        if let output {
            pool.give(output)
            self.output = nil
        }
        loop.atTickEnd(task)
    }

    private final class FailureTask: TickEndTask {
        private let stream: Stream
        private let code: Int32

        init(_ stream: Stream, _ code: Int32) {
            self.stream = stream
            self.code = code
        }

        override func onTickEnd() { if stream.phase != .closed { stream.failAfterInput(code) } }
    }

    /// An origin may answer and close before it has read everything: what it said is told first. Where reading is
    /// paused or the input is full, the rest of it, and then the failure, wait for that to end.
    private func failAfterInput(_ code: Int32) {
        for _ in 0..<64 {
            guard phase == .open, !hasEnded else { break }
            if isPaused || isInputFull {
                if hasUnread { return }
                break
            }
            let before = bytesReceived
            readInput(.read)
            if bytesReceived == before { break }
        }
        if phase != .closed { fail(code) }
    }

    // MARK: Events

    /// Reads, writes, or learns of an end.
    public final override func onReady(_ readiness: Readiness) {
        if phase == .connecting {
            finishConnect()
            return
        }
        if readiness.contains(.write) { flush() }
        if phase == .lingering {
            discardInput()
            return
        }
        if readiness.contains(.read) || !readiness.isDisjoint(with: .broken) { readInput(readiness) }
    }

    private func finishConnect() {
        let code = Sockets.pendingError(descriptor)
        if code != 0 {
            fail(code)
            return
        }
        phase = .open
        updateInterest()
        handler?.onConnected(self)
        if phase == .open && pendingOutput > 0 { flush() }
        if phase == .open && endsOutput && pendingOutput == 0 { shutdownWriting() }
    }

    private func readInput(_ readiness: Readiness) {
        guard phase == .open, !hasEnded, !isPaused else {
            if phase != .closed && !readiness.isDisjoint(with: .broken) { onBrokenUnread(readiness) }
            return
        }
        let target = inputBlock.writable(pool)
        if target.isEmpty {
            if readiness.isDisjoint(with: .broken) { updateInterest() } else { onBrokenUnread(readiness) }
            return
        }
        let count = receive(into: target)
        if count > 0 {
            inputBlock.commit(count, pool)
            bytesReceived += count
            if count == target.count { updateInterest() }
            handler?.onReadable(self)
            return
        }
        let code = errno
        if inputBlock.count == 0 { inputBlock.release(pool) }
        if count == 0 {
            hasEnded = true
            updateInterest()
            handler?.onEnd(self)
        } else if code != EAGAIN {
            fail(code)
        }
    }

    /// An error, or both directions are shut, while nobody reads. The kernel would repeat it without end: it is
    /// muted until reading goes on, since bytes may still be there; an error behind which there are none ends the
    /// stream.
    private func onBrokenUnread(_ readiness: Readiness) {
        if readiness.contains(.error) && !hasUnread {
            let code = Sockets.pendingError(descriptor)
            fail(code == 0 ? EPIPE : code)
            return
        }
        isMuted = true
        updateInterest()
    }

    /// Whether bytes are there that the owner has not taken, here or in the kernel.
    private var hasUnread: Bool { input != nil || Sockets.unreadBytes(descriptor) > 0 }

    private func discardInput() {
        withUnsafeTemporaryAllocation(byteCount: 16 << 10, alignment: 16) { scratch in
            let count = receive(into: scratch)
            if count > 0 { lingerBudget -= count }
            if count == 0 || (count < 0 && errno != EAGAIN) || lingerBudget < 0 { close() }
        }
    }

    private func updateInterest() {
        var wanted: Readiness = []
        switch phase {
        case .connecting: wanted = .write
        case .open:
            if !isPaused && !hasEnded && !isInputFull { wanted = .read }
            if pendingOutput > 0 { wanted.insert(.write) }
            if wanted.isEmpty && isMuted { wanted = .edge }
        case .flushing: wanted = .write
        case .lingering: wanted = .read
        case .closed: return
        }
        if wanted != interest { loop.setInterest(self, wanted) }
    }
}

extension Stream: DeadlineReceiver {
    /// Flushing or lingering took too long.
    public final func onDeadline(_ timer: DeadlineTimer) { close() }
}
