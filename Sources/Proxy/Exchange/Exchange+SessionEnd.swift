import HTTP1
import Transport

/// What has become of an exchange's session while the exchange ran.
enum SessionFate: Equatable {
    /// Nothing is known against it.
    case live
    /// Some session ended while this one was being looked up; which of the two came first is unknown.
    case doubtful
    /// It has ended.
    case ended(ExchangeEnd)
}

extension Exchange {
    /// Whether the end of the session is the end of what goes on here, or will be once an answer begins. What has a
    /// length, and our own answers, come to their end (decision 15).
    var endsWithSession: Bool {
        guard identity.isPresent else { return false }
        switch phase {
        case .connecting, .awaitingResponse, .tunnel: return true
        case .relaying: return isResponseChunked || isResponseCloseDelimited
        case .idle, .authenticating, .collecting, .working, .draining: return false
        }
    }

    /// The session has ended: tunnels are closed, streams cut; an answer that has not begun is judged when it does.
    func sessionEnded(_ end: ExchangeEnd) {
        guard endsWithSession else { return }
        switch phase {
        case .tunnel: closeTunnel(code: Self.sessionEndedCode, end: end)
        case .relaying:
            self.end = end
            dropUpstream()
            cutStream()
        default: sessionFate = .ended(end)
        }
    }

    /// What a slow client has not taken yet is dropped: it is not waited for in the name of a session that has ended.
    private func cutStream() {
        guard stream.pendingOutput > 0, !isResponseCloseDelimited else {
            abortClient()
            return
        }
        finish()
        connection.close()
    }

    /// Something was published while nobody knows yet whose session this is.
    func doubtSession() {
        if phase == .authenticating && endpoint == nil { sessionFate = .doubtful }
    }

    /// A tunnel or a stream is about to begin in the name of a session. False: it has ended meanwhile, and the
    /// exchange is over.
    func beginStream() -> Bool {
        if case .ended(let end) = sessionFate {
            dropUpstream()
            self.end = end
            sessionResult = end == .expired ? .expired : .absent
            refuseUnauthenticated()
            return false
        }
        worker.watch.streamBegan(self)
        return true
    }
}
