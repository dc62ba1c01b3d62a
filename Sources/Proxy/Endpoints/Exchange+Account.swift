import Accounts
import GatewayConfig
import HTTP1
import HTTPCore
import Pages
import Sessions
import Transport

/// The account page, and the change of password that it offers.
extension Exchange {
    // MARK: Page

    /// `GET account`: the page, whatever Accept says (decision 26).
    func showAccount() {
        guard let done = queryValue("done") else { return }
        let notice = AccountPage.Notice(rawValue: done.map { String(decoding: $0, as: UTF8.self) } ?? "")
        withSession { exchange in
            exchange.makeAccountPage(status: 200, notice: notice) { $0.respond($1) }
        }
    }

    private func makeAccountPage(
        status: Int, notice: AccountPage.Notice? = nil, problem: Problem? = nil,
        _ then: @escaping (Exchange, Reply) -> Void
    ) {
        askSessions { exchange, sessions in
            guard let endpoint = exchange.endpoint else { return }
            var page = AccountPage(
                site: exchange.pageSite(endpoint.realm), token: exchange.worker.formTokens.make(),
                name: String(decoding: exchange.identity.name, as: UTF8.self), sessions: sessions,
                passwordMin: endpoint.realm.accounts.passwordMinimum,
                now: Int(exchange.worker.loop.wallNow / 1_000))
            page.roles = exchange.identity.roles.map { String(decoding: $0, as: UTF8.self) }
            page.notice = notice
            page.problem = problem
            var reply = Reply(status: status)
            exchange.setPage(&reply, page.render())
            then(exchange, reply)
        }
    }

    // MARK: Its buttons

    /// `POST account`: what `DELETE sessions` does, for pages without script. `end` is a handle or `others`.
    func changeAccount(_ form: FormFields) {
        guard let end = form.text("end") else {
            refuse(
                422, .invalidField, "The field \"end\" must name a session, or be \"others\".")
            return
        }
        withSession { exchange in
            if end == Array("others".utf8) {
                exchange.endOtherSessions { $0.answerEnded("?done=others") }
            } else {
                exchange.endSession(called: end) { exchange, isCurrent in
                    if isCurrent { exchange.answerLogout() } else { exchange.answerEnded("?done=session") }
                }
            }
        }
    }

    private func answerEnded(_ query: StaticString) {
        if prefersHTML { redirectToAccount(status: 303, query) } else { respond(Reply(status: 204)) }
    }

    // MARK: Password

    /// `POST password`: the current one proves that it is the user; every other session ends, this one goes on
    /// under a new ticket, and the old ticket ends at once.
    func changePassword(_ form: FormFields) {
        guard let current = form.text("current"), let new = form.text("new") else {
            refuse(422, .invalidField, "Both \"current\" and \"new\" are needed.")
            return
        }
        withSession { $0.changePassword(current: current, new: new) }
    }

    private func changePassword(current: [UInt8], new: [UInt8]) {
        guard let endpoint, let id = UserID(String(decoding: identity.userID, as: UTF8.self)) else {
            refuse(503, .storeUnavailable, "Accounts cannot be read.", retryAfter: 2_000)
            return
        }
        let trail = auditTrail(endpoint.realm)
        let who = identity.auditFields
        let go = whileRunning { (exchange: Exchange, outcome) in exchange.onPasswordChange(outcome) }
        let accepted = endpoint.realm.accounts.changePassword(id: id, current: current, new: new) { outcome in
            trail.recordPassword(outcome, who)
            go(outcome)
        }
        if !accepted { refuse(503, .overloaded, "Too many logins are waiting.", retryAfter: 2_000) }
    }

    private func onPasswordChange(_ outcome: AccountsDesk.PasswordOutcome) {
        switch outcome {
        case .changed: endSessionsOfOldPassword()
        case .rejected(let since): rejectPassword(since)
        case .weakPassword(let reason):
            let problem = Problem(
                .weakPassword, instance: requestIDText, errors: [FieldError(field: "new", message: reason)])
            answerPassword(problem) { $0.respond($1) }
        case .unavailable: refuse(503, .storeUnavailable, "Accounts cannot be read.", retryAfter: 2_000)
        }
    }

    /// As slow as a failed login, and for the same reason (decision 19).
    private func rejectPassword(_ since: Int64) {
        let problem = Problem(
            .badCredentials, detail: "The current password is not right.",
            errors: [FieldError(field: "current", message: "The current password is not right.")])
        answerPassword(problem) { exchange, reply in
            guard let endpoint = exchange.endpoint else { return }
            endpoint.delayedReply = reply
            exchange.worker.loop.arm(exchange.timer, at: since + endpoint.realm.accounts.failureMilliseconds)
        }
    }

    private func answerPassword(_ problem: Problem, _ then: @escaping (Exchange, Reply) -> Void) {
        if prefersHTML {
            makeAccountPage(status: problem.status, problem: problem, then)
            return
        }
        var reply = Reply(status: problem.status)
        if problem.status == 401, let realm { addChallenge(&reply, realm) }
        setProblem(&reply, problem)
        then(self, reply)
    }

    private func endSessionsOfOldPassword() {
        guard let endpoint else { return }
        let realm = endpoint.realm
        guard let ticket = try? realm.issuer.issue() else {
            refuseHalfDone()
            return
        }
        realm.sessions.rotate(
            identity.hash, to: ticket.hash, identity.view, userID: identity.userID, .endingOthers,
            completion: whileRunning { exchange, outcome in
                switch outcome {
                case .rotated: exchange.answerPasswordChanged(ticket, realm)
                // It was ended meanwhile: nobody is logged in, but the password is the new one.
                case .absent, .alreadyRotated: exchange.endOthersAfterAll(realm)
                case .unavailable: exchange.refuseHalfDone()
                }
            })
    }

    private func endOthersAfterAll(_ realm: Realm) {
        realm.sessions.endAll(
            userID: identity.userID,
            completion: whileRunning { exchange, isDone in
                if isDone { exchange.answerLogout() } else { exchange.refuseHalfDone() }
            })
    }

    private func answerPasswordChanged(_ ticket: Ticket, _ realm: Realm) {
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

    private func refuseHalfDone() {
        refuse(
            503, .storeUnavailable,
            "The password was changed, but your other sessions could not be ended. End them on the account page.",
            retryAfter: 2_000)
    }
}
