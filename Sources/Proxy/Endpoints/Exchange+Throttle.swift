import Accounts
import HTTP1
import HTTPCore
import Operations
import Pages
import Throttling
import Transport

extension Exchange {
    /// Asks for leave to try a password of the account called `name`, or with `kinds` to do something else that
    /// counts. `next` is called with it on the loop, and must settle it, also when this request is over by then. Where there is no leave, the request is answered.
    func askLeave(
        _ endpoint: EndpointRequest, _ form: FormFields, name: [UInt8],
        kinds: [LoginLimit.Kind] = LoginLimit.Kind.ofLogins,
        _ next: @escaping (LoginAttempt) -> Void
    ) {
        let throttle = endpoint.realm.throttle
        let subject = LoginSubject(
            account: LoginName(name).map { Array($0.canonical.utf8) },
            network: ClientNetwork.name(of: clientAddress))
        let epoch = self.epoch
        phase = .working
        throttle.attempt(subject, kinds: kinds) { [self] verdict in
            guard epoch == self.epoch, isRunning else {
                if case .go(let attempt) = verdict { throttle.settle(attempt, .withdrawn) }
                return
            }
            switch verdict {
            case .go(let attempt): next(attempt)
            case .wait(let milliseconds): refuseThrottled(endpoint, form, name, milliseconds)
            case .unavailable: refuseUnavailableStore()
            }
        }
    }

    /// 429 with the time to wait, as the form or as a document.
    private func refuseThrottled(
        _ endpoint: EndpointRequest, _ form: FormFields, _ name: [UInt8], _ milliseconds: Int64
    ) {
        worker.tally.count(.loginsThrottled)
        let meter = endpoint.realm.meter
        (endpoint.kind == .register ? meter.registrations : meter.logins).count(LoginLabel.throttled)
        let seconds = Int(clamping: max(1, (milliseconds + 999) / 1_000))
        auditTrail(endpoint.realm).recordThrottled(name: name, seconds: seconds)
        // Pages say the time themselves, in their language; a program shows the detail as it is.
        let wait = prefersHTML ? "" : " Try again in \(Self.inWords(seconds))."
        let problem = Problem(
            .throttled, detail: "There were too many failed attempts.\(wait)", instance: requestIDText,
            retryAfter: seconds)
        if endpoint.kind == .password {
            answerPassword(problem) { exchange, reply in
                var reply = reply
                reply.add("Retry-After", "\(seconds)")
                exchange.respond(reply)
            }
            return
        }
        var reply = formReply(endpoint, form, problem)
        reply.add("Retry-After", "\(seconds)")
        respond(reply)
    }

    private static func inWords(_ seconds: Int) -> String {
        if seconds == 1 { return "a second" }
        if seconds < 60 { return "\(seconds) seconds" }
        let minutes = (seconds + 59) / 60
        if minutes < 60 { return minutes == 1 ? "a minute" : "\(minutes) minutes" }
        let hours = (minutes + 59) / 60
        return hours == 1 ? "an hour" : "\(hours) hours"
    }
}

extension AccountsDesk.Outcome {
    /// What the limits are told.
    var settlement: LoginSettlement {
        switch self {
        case .user: .success
        case .rejected, .nameTaken: .failure
        case .invalidName, .weakPassword, .unavailable: .withdrawn
        }
    }
}
