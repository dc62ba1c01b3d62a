import CLinux
import Glibc

extension Stream {
    /// What is ready on a stream that does not carry its owner's bytes: not yet, or no more.
    func onReadyUnopened(_ readiness: Readiness) {
        if phase == .connecting {
            finishConnect()
            return
        }
        if readiness.contains(.write) { flush() }
        switch phase {
        case .lingering: discardInput()
        case .handshaking: goOnShakingHands()
        case .open: readInput(readiness)
        case .connecting, .flushing, .closed: break
        }
    }

    private func finishConnect() {
        let code = Sockets.pendingError(descriptor)
        if code != 0 {
            fail(code)
            return
        }
        if isSealed {
            phase = .handshaking
            goOnShakingHands()
            return
        }
        open()
    }

    private func goOnShakingHands() {
        switch shakeHands() {
        case .waiting: updateInterest()
        case .failed(let code): fail(code)
        case .plainText:
            isSealed = false
            phase = .open
            updateInterest()
            if let handler { handler.onPlainText(self) } else { close() }
        case .done:
            open()
            // What came with the last message of the handshake is in our hands already.
            if phase == .open { readInput(.read) }
        }
    }

    private func open() {
        phase = .open
        updateInterest()
        if isSealed { sendEarly() }
        handler?.onConnected(self)
        if phase == .open && pendingOutput > 0 { flush() }
        if phase == .open && endsOutput && pendingOutput == 0 { shutdownWriting() }
    }

    /// What was written before it could be sealed.
    private func sendEarly() {
        if let sealed = sealEarly() { push(sealed) }
        if endsOutput, let end = sealEnd() { push(end) }
    }

    func readInput(_ readiness: Readiness) {
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
    var hasUnread: Bool { input != nil || holdsBytes || Sockets.unreadBytes(descriptor) > 0 }

    private func discardInput() {
        withUnsafeTemporaryAllocation(byteCount: 16 << 10, alignment: 16) { scratch in
            let count = retryingInterrupted { clinux_recv(descriptor, scratch.baseAddress, scratch.count) }
            if count > 0 { lingerBudget -= count }
            if count == 0 || (count < 0 && errno != EAGAIN) || lingerBudget < 0 { close() }
        }
    }

    func updateInterest() {
        var wanted: Readiness = []
        switch phase {
        case .connecting: wanted = .write
        case .handshaking: wanted = pendingOutput > 0 ? [.read, .write] : .read
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
