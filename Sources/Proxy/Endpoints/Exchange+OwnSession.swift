import Access
import GatewayConfig
import HTTP1
import HTTPCore
import Pages
import Sessions
import Transport

/// What somebody who is logged in does with the own sessions, and what all these answers have in common.
extension Exchange {
    // MARK: The session

    /// Looks the session up, then calls `run`; without one, answers as a route does.
    func withSession(_ run: @escaping (Exchange) -> Void) {
        guard let endpoint else { return }
        endpoint.next = .required(run)
        switch findTicket(endpoint.realm) {
        case .valid(let hash):
            phase = .authenticating
            endpoint.realm.sessions.lookup(hash, receiver: self, token: epoch)
        case .duplicate:
            clearsCookie = true
            refuseNobody()
        case .none, .invalid: refuseNobody()
        }
    }

    func runWithSession(_ run: (Exchange) -> Void) {
        if sessionResult == .unavailable {
            refuseUnavailableStore()
        } else if identity.isPresent {
            phase = .working
            run(self)
        } else {
            refuseNobody()
        }
    }

    /// Nobody is logged in: people who want to see their account log in first.
    private func refuseNobody() {
        guard let endpoint, endpoint.kind == .account, requestFacts().isNavigation else {
            refuseUnauthenticated()
            return
        }
        if showsLostCookie(endpoint.realm) { return }
        var reply = Reply(status: 303)
        reply.add("Location", "\(endpoint.realm.settings.endpoints)/login?to=account")
        if clearsCookie { reply.addCookie(clearedCookie(endpoint.realm)) }
        respond(reply)
    }

    /// Calls `then` with the outcome of something that was asked for on behalf of this request, unless the request
    /// is over by then.
    func whileRunning<Outcome>(_ then: @escaping (Exchange, Outcome) -> Void) -> (Outcome) -> Void {
        let epoch = self.epoch
        return { [self] outcome in
            guard epoch == self.epoch, isRunning else { return }
            then(self, outcome)
        }
    }

    // MARK: Extending

    /// `POST session`: a new ticket and a new idle limit; the absolute end stays.
    func extendSession(_ form: FormFields) {
        guard let endpoint else { return }
        guard let ticket = try? endpoint.realm.issuer.issue() else {
            refuseUnavailableStore()
            return
        }
        endpoint.realm.sessions.rotate(
            identity.hash, to: ticket.hash, identity.view, userID: identity.userID, .graceful,
            completion: whileRunning { exchange, outcome in
                switch outcome {
                case .rotated: exchange.answerExtended(ticket, form)
                case .alreadyRotated: exchange.answerExtended(nil, form)
                case .absent: exchange.refuseUnauthenticated()
                case .unavailable: exchange.refuseUnavailableStore()
                }
            })
    }

    private func answerExtended(_ ticket: Ticket?, _ form: FormFields) {
        guard let endpoint else { return }
        let now = worker.loop.wallNow
        let view = identity.view
        let document = sessionDocument(
            endpoint.realm, idleEnd: view.hasIdleLimit ? now + view.timeToLive(now: now) : nil)
        if usesBearer, let ticket {
            respond(tokenReply(document, ticket, end: view.absoluteEnd))
            return
        }
        var reply = Reply(status: prefersHTML ? 303 : 200)
        if prefersHTML {
            reply.add("Location", landing(form, endpoint.realm))
        } else {
            reply.setBody(document.json(), "application/json")
        }
        if let ticket { addTicket(&reply, ticket, endpoint.realm, end: view.absoluteEnd) }
        respond(reply)
    }

    // MARK: Parts of answers

    /// Calls `then` with the time at which the session ends if it is not used: nil = it has no such limit, or has
    /// just ended, and there is no identity any more. It is asked for, not computed: only some uses move it.
    func askIdleEnd(_ then: @escaping (Exchange, Int64?) -> Void) {
        guard let endpoint else { return }
        let view = identity.view
        guard view.hasIdleLimit else {
            then(self, nil)
            return
        }
        if let graceEnd = view.graceEnd {
            // The session itself lives on under another name, extended when this one was replaced.
            let rotated = graceEnd - SessionStore.grace
            then(self, rotated + view.timeToLive(now: rotated))
            return
        }
        phase = .working
        endpoint.realm.sessions.timeToLive(
            identity.hash,
            completion: whileRunning { exchange, result in
                let now = exchange.worker.loop.wallNow
                switch result {
                case .success(let left?):
                    then(exchange, min(view.absoluteEnd, now + min(left, view.absoluteEnd)))
                case .success(nil):
                    exchange.identity.clear()
                    then(exchange, nil)
                case .failure: exchange.refuseUnavailableStore()
                }
            })
    }

    /// What is told of the session of this request. Times in milliseconds since 1970.
    func sessionDocument(_ realm: Realm, idleEnd: Int64?) -> SessionAnswer {
        let view = identity.view
        return SessionAnswer(
            userID: String(decoding: identity.userID, as: UTF8.self),
            name: String(decoding: identity.name, as: UTF8.self),
            roles: identity.roles.map { String(decoding: $0, as: UTF8.self) }, realm: realm.settings.name,
            created: Int(view.created / 1_000), idleExpires: idleEnd.map { Int($0 / 1_000) },
            absoluteExpires: Int(view.absoluteEnd / 1_000), remember: view.isRemembered)
    }

    /// What is told of a session that was just made.
    func sessionDocument(_ record: SessionRecord, _ realm: Realm) -> SessionAnswer {
        let hasIdleLimit = record.idleSeconds > 0 && !record.isRemembered
        let idleEnd = record.created + record.timeToLive(now: record.created)
        return SessionAnswer(
            userID: String(decoding: record.userID, as: UTF8.self),
            name: String(decoding: record.name, as: UTF8.self),
            roles: record.roles.map { String(decoding: $0, as: UTF8.self) }, realm: realm.settings.name,
            created: Int(record.created / 1_000), idleExpires: hasIdleLimit ? Int(idleEnd / 1_000) : nil,
            absoluteExpires: Int(record.absoluteEnd / 1_000), remember: record.isRemembered)
    }

    /// Sets the session's cookie, for as long as the session can live at most (decision 16).
    func addTicket(_ reply: inout Reply, _ ticket: Ticket, _ realm: Realm, end: Int64) {
        var cookie = realm.cookieName
        cookie.append(UInt8(ascii: "="))
        cookie += ticket.text
        cookie += "; Max-Age=\(secondsUntil(end))".utf8
        cookie += realm.cookieAttributes
        reply.addCookie(cookie)
    }

    /// The answer to a client that carries its ticket itself; always JSON (RFC 6749, 5.1).
    func tokenReply(_ document: SessionAnswer, _ ticket: Ticket, end: Int64) -> Reply {
        var reply = Reply(status: 200)
        reply.setBody(document.json(token: ticket.text, expiresIn: secondsUntil(end)), "application/json")
        return reply
    }

    private func secondsUntil(_ end: Int64) -> Int { Int(max(0, (end - worker.loop.wallNow + 500) / 1_000)) }

    // MARK: Where to go

    /// Where a form leads that was accepted: to the account page if it says so, else to its return target.
    func landing(_ form: FormFields, _ realm: Realm) -> [UInt8] {
        if Self.isAccount(form.text("to")) { return realm.endpoints + Array("/account".utf8) }
        return checkedTarget(form.text("return_to"), realm)
    }

    static func isAccount(_ word: [UInt8]?) -> Bool { word == Array("account".utf8) }

    func redirectToAccount(status: Int, _ query: StaticString = "") {
        guard let realm else { return }
        var reply = Reply(status: status)
        reply.add("Location", "\(realm.settings.endpoints)/account\(query)")
        respond(reply)
    }

    /// `/.well-known/change-password` (W3C, A Well-Known URL for Changing Passwords). Returns false: answered.
    func redirectFromWellKnown() -> Bool {
        redirectToAccount(status: 302)
        return false
    }
}
