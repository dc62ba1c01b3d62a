import Accounts
import GatewayConfig
import HTTP1
import HTTPCore
import Operations
import Pages
import Sessions
import Throttling
import Transport

/// The change of password by the user.
extension Exchange {
    /// `POST password`: the current one proves that it is the user; every other session ends, this one goes on
    /// under a new ticket, and the old ticket ends at once.
    func changePassword(_ form: FormFields) {
        guard endpoint?.realm.accounts.isReadOnly != true else {
            refuse(403, .readOnly, "The accounts of this site are kept elsewhere. Ask whoever runs it.")
            return
        }
        withSession { exchange in
            guard let current = form.text("current"), let new = form.text("new") else {
                exchange.refuseIncompleteChange(missing: form.text("current") == nil ? "current" : "new")
                return
            }
            exchange.askLeaveToChange(current: current, new: new, form)
        }
    }

    private func refuseIncompleteChange(missing field: String) {
        let error = FieldError(field: field, message: "Both \"current\" and \"new\" are needed.")
        answerPassword(Problem(.invalidField, instance: requestIDText, errors: [error])) { $0.respond($1) }
    }

    /// Whoever has taken over a session must not find out the password by trying either.
    private func askLeaveToChange(current: [UInt8], new: [UInt8], _ form: FormFields) {
        guard let endpoint, let id = UserID(String(decoding: identity.userID, as: UTF8.self)) else {
            refuse(503, .storeUnavailable, "Accounts cannot be read.", retryAfter: 2_000)
            return
        }
        askLeave(endpoint, form, name: identity.name) { [self] attempt in
            let change = PasswordChange(self, endpoint.realm, attempt)
            let accepted = endpoint.realm.accounts.changePassword(
                id: id, name: identity.name, current: current, new: new
            ) {
                change.onOutcome($0)
            }
            if !accepted {
                change.withdraw()
                refuse(503, .overloaded, "Too many logins are waiting.", retryAfter: 2_000)
            }
        }
    }

    /// As slow as a failed login, and for the same reason (decision 19).
    fileprivate func rejectPassword(_ since: Int64) {
        worker.tally.count(.loginFailures)
        let problem = Problem(
            .badCredentials, detail: "The current password is not right.",
            errors: [FieldError(field: "current", .currentWrong)])
        answerPassword(problem) { exchange, reply in
            guard let endpoint = exchange.endpoint else { return }
            endpoint.delayedReply = reply
            exchange.worker.loop.arm(exchange.timer, at: since + endpoint.realm.accounts.failureMilliseconds)
        }
    }

    fileprivate func refusePassword(_ reason: FieldReason) {
        let problem = Problem(
            .weakPassword, instance: requestIDText, errors: [FieldError(field: "new", reason)])
        answerPassword(problem) { $0.respond($1) }
    }

    /// The account page with what is wrong, or the problem as a document.
    func answerPassword(_ problem: Problem, _ then: @escaping (Exchange, Reply) -> Void) {
        if prefersHTML {
            makeAccountPage(status: problem.status, problem: problem) { exchange, page in
                var reply = page
                if problem.status == 401, let realm = exchange.realm { exchange.addChallenge(&reply, realm) }
                then(exchange, reply)
            }
            return
        }
        var reply = Reply(status: problem.status)
        if problem.status == 401, let realm { addChallenge(&reply, realm) }
        setProblem(&reply, problem)
        then(self, reply)
    }

    fileprivate func answerPasswordChanged(_ ticket: Ticket, _ realm: Realm) {
        let end = identity.view.absoluteEnd
        if usesBearer {
            let now = worker.loop.wallNow
            let view = identity.view
            let idleEnd = view.hasIdleLimit ? now + view.timeToLive(now: now) : nil
            respond(tokenReply(sessionDocument(realm, idleEnd: idleEnd), ticket, end: end))
            return
        }
        var reply = Reply(status: prefersHTML ? 303 : 204)
        if prefersHTML { reply.add("Location", "\(realm.settings.endpoints)/account?done=password") }
        addTicket(&reply, ticket, realm, end: end)
        respond(reply)
    }

    fileprivate func refuseHalfDone() {
        refuse(
            503, .storeUnavailable,
            "The password was changed, but your other sessions could not be ended. End them on the account page.",
            retryAfter: 2_000)
    }
}

/// A change that has begun. It is brought to its end also if the client does not wait for it: a password that has
/// changed must not leave a session of the old one behind.
private final class PasswordChange {
    private let exchange: Exchange
    private let epoch: UInt64
    private let realm: Realm
    /// The other realms whose users are the same: the password is theirs too.
    private var relatives: [Realm]
    private var isHalfDone = false
    private let attempt: LoginAttempt
    private let trail: AuditTrail
    private let who: AuditLog.Fields
    private let userID: [UInt8]
    private let hash: SessionHash
    private let view: SessionView

    init(_ exchange: Exchange, _ realm: Realm, _ attempt: LoginAttempt) {
        self.exchange = exchange
        self.realm = realm
        self.attempt = attempt
        relatives = exchange.worker.realms.filter {
            $0.settings.users == realm.settings.users && $0.index != realm.index
        }
        epoch = exchange.epoch
        trail = exchange.auditTrail(realm)
        let identity = exchange.identity
        who = identity.auditFields
        userID = identity.userID
        hash = identity.hash
        view = identity.view
    }

    /// Tells the exchange, if it still is about this request.
    private func tell(_ body: (Exchange) -> Void) {
        if epoch == exchange.epoch, exchange.isRunning { body(exchange) }
    }

    func withdraw() { realm.throttle.settle(attempt, .withdrawn) }

    func onOutcome(_ outcome: AccountsDesk.PasswordOutcome) {
        trail.recordPassword(outcome, who)
        switch outcome {
        case .changed:
            realm.throttle.settle(attempt, .success)
            endInRelatives()
        case .rejected(_, let since):
            realm.throttle.settle(attempt, .failure)
            tell { $0.rejectPassword(since) }
        case .weakPassword(let reason):
            withdraw()
            tell { $0.refusePassword(PasswordWording.reason(reason)) }
        case .unavailable:
            withdraw()
            tell { $0.refuse(503, .storeUnavailable, "Accounts cannot be read.", retryAfter: 2_000) }
        }
    }

    /// One realm after the other, then this one, whatever comes of it.
    private func endInRelatives() {
        guard let relative = relatives.popLast() else {
            endOtherSessions()
            return
        }
        relative.sessions.endAll(userID: userID) { [self] count in
            if count == nil { isHalfDone = true }
            endInRelatives()
        }
    }

    private func endOtherSessions() {
        guard let ticket = try? realm.issuer.issue() else {
            endAllSessions()
            return
        }
        realm.sessions.rotate(hash, to: ticket.hash, view, userID: userID, .endingOthers) { [self] outcome in
            switch outcome {
            // Without the new ticket the client is logged out, which is better than a promise not kept.
            case .rotated where isHalfDone: tell { $0.refuseHalfDone() }
            case .rotated: tell { $0.answerPasswordChanged(ticket, realm) }
            // It was ended meanwhile.
            case .absent, .alreadyRotated: endAllSessions()
            case .unavailable: tell { $0.refuseHalfDone() }
            }
        }
    }

    private func endAllSessions() {
        realm.sessions.endAll(userID: userID) { [self] count in
            tell { if count != nil { $0.answerLogout() } else { $0.refuseHalfDone() } }
        }
    }
}
