import HTTP1
import HTTPCore
import Operations
import Pages
import Transport

extension Exchange {
    enum Reception { case incomplete, started }

    /// Parses the head that the input begins with, and if it is whole, runs the request.
    func receive() -> Reception {
        guard let input = stream.input else { return .incomplete }
        let raw = input.readable.bindMemory(to: UInt8.self)
        switch head.parse(raw.span, limits: worker.headLimits) {
        case .incomplete:
            guard stream.isInputFull else { return .incomplete }
            begin(length: 0)
            badRequest = .tooLarge
            refuse(431, .badRequest, "The request's head is larger than this server takes.")
        case .refused(let refusal):
            begin(length: 0)
            end = .badRequest
            badRequest = BadRequestLabel(refusal.reason)
            refuseHead(refusal)
        case .complete(let length):
            begin(length: length)
            if fixedConnection.use({ $0.peer.isTrusted }) { adoptRequestID() }
            run()
        }
        return .started
    }

    private func refuseHead(_ refusal: RequestRefusal) {
        guard refusal.status == 405 else {
            refuse(refusal.status, .badRequest, Self.detail(ofStatus: refusal.status))
            return
        }
        var reply = errorReply(405, .methodNotAllowed, "This server does not take that method.")
        reply.add("Allow", "GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH")
        respond(reply)
    }

    private static func detail(ofStatus status: Int) -> String {
        switch status {
        case 414: "The request's address is longer than this server takes."
        case 417: "This server meets no expectation but 100-continue."
        case 431: "The request's header is larger than this server takes."
        case 505: "This server does not speak that version of HTTP."
        default: "The request breaks the rules of HTTP."
        }
    }

    /// The head did not come in time.
    func refuseSlowHead() {
        begin(length: 0)
        end = .clientTimeout
        badRequest = .timeout
        refuse(408, .badRequest, "The request did not arrive in time.")
    }

    private func begin(length: Int) {
        epoch &+= 1
        headLength = length
        phase = .authenticating
        fixedConnection.use { $0.exchangeStarted() }
        times.started = worker.loop.nowMicroseconds
        times.read = fixedConnection.use { $0.headTime(until: worker.loop.nowMicroseconds) }
        worker.makeRequestID(&requestID)
    }

    /// The phases up to the first wait.
    private func run() {
        let framing = head.framing
        requestBody = BodyDecoder(framing)
        if case .none = framing {} else { beginBody() }
        guard findRoute() else { return }
        if endpoint != nil {
            runEndpoint()
            return
        }
        guard screen() else { return }
        authenticate()
    }

    private func beginBody() {
        isRequestBodyDone = requestBody.isComplete
        awaitsContinue = head.expectsContinue && !isRequestBodyDone
    }
}
