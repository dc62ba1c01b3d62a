import CLinux
import Glibc

extension Stream {
    func shutdownWriting() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    // MARK: Closing

    /// Closes now; the handler hears nothing more.
    public func close() {
        guard phase != .closed else { return }
        shut()
        inputBlock.release(pool)
    }

    /// Closes but for the input, which is still there for who is told about it.
    private func shut() {
        if isSealed { leaveSealed() }
        phase = .closed
        handler = nil
        afterInput = nil
        lingerTimer?.invalidate()
        lingerTimer = nil
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
    public func abort() {
        // The last word of a sealed stream would tell it that this is all.
        endsOutput = true
        if descriptor >= 0 {
            var option = linger(l_onoff: 1, l_linger: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        }
        close()
    }

    /// Closes once everything is flushed. With `lingering`, the flush may take `milliseconds`, and then input that
    /// still comes is read and dropped for at most as long again, so that a reset does not destroy the reply on its way (RFC 9112, 9.6).
    /// The handler hears nothing more but `onClosed`.
    public func closeAfterFlush(lingering: Bool, milliseconds: Int = 2_000) {
        guard isOpen else { return }
        if isSealed, !endsOutput, let end = sealEnd() { push(end) }
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

    func finishClose() {
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

    func fail(_ code: Int32) {
        guard phase != .closed else { return }
        let told = handler
        shut()
        told?.onFailure(self, code)
        inputBlock.release(pool)
    }

    /// Says the last word, if it can follow everything that was said before.
    private func leaveSealed() {
        if phase == .open, !endsOutput, !hasFailed, pendingOutput == 0, let end = sealEnd() {
            _ = send(end, .init(start: nil, count: 0))
        }
        discardSeal()
    }

    /// A write failed. The handler hears of it at the end of the tick, never inside its own call of `write`.
    func failLater(_ code: Int32) {
        if hasFailed { return }
        let task = FailureTask(self, code)
        afterInput = task
        hasFailed = true
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
}
