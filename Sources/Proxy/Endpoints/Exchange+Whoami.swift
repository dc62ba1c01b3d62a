import GatewayConfig
import HTTP1
import HTTPCore
import Pages
import Sessions
import Transport

extension Exchange {
    /// `GET session`: who am I? Never extends the session.
    func askWhoami() {
        guard let endpoint, let strict = queryValue("strict") else { return }
        let isStrict = strict.map { $0 == Array("1".utf8) || $0 == Array("true".utf8) || $0.isEmpty } ?? false
        endpoint.next = .whoami(strict: isStrict)
        switch findTicket(endpoint.realm) {
        case .valid(let hash):
            phase = .authenticating
            endpoint.realm.sessions.lookup(hash, receiver: self, token: epoch)
        case .duplicate:
            clearsCookie = true
            answerWhoami(strict: isStrict)
        case .none, .invalid: answerWhoami(strict: isStrict)
        }
    }

    func answerWhoami(strict: Bool) {
        guard let endpoint else { return }
        if sessionResult == .unavailable {
            refuseUnavailableStore()
            return
        }
        guard identity.isPresent else {
            answerNobody(strict: strict, endpoint)
            return
        }
        phase = .working
        let epoch = self.epoch
        // What the record says about its life is what it had at its last use; only Redis knows what is left.
        endpoint.realm.sessions.timeToLive(identity.hash) { [self] result in
            guard epoch == self.epoch, isRunning else { return }
            switch result {
            case .success(let left?): answerUser(endpoint, now: worker.loop.wallNow, left: left)
            case .success(nil): answerNobody(strict: strict, endpoint)
            case .failure: refuseUnavailableStore()
            }
        }
    }

    private func answerUser(_ endpoint: EndpointRequest, now: Int64, left: Int64) {
        let view = identity.view
        let (end, overflow) = now.addingReportingOverflow(left)
        let idleEnd = overflow ? view.absoluteEnd : min(end, view.absoluteEnd)
        let document = SessionAnswer(
            userID: String(decoding: identity.userID, as: UTF8.self),
            name: String(decoding: identity.name, as: UTF8.self),
            roles: identity.roles.map { String(decoding: $0, as: UTF8.self) },
            realm: endpoint.realm.settings.name, created: Int(view.created / 1_000),
            idleExpires: Int(idleEnd / 1_000), absoluteExpires: Int(view.absoluteEnd / 1_000),
            remember: view.isRemembered)
        var reply = Reply(status: 200)
        reply.setBody(document.whoami(), "application/json")
        respond(reply)
    }

    private func answerNobody(strict: Bool, _ endpoint: EndpointRequest) {
        if strict {
            refuseUnauthenticated()
            return
        }
        var reply = Reply(status: 200)
        if clearsCookie { reply.addCookie(clearedCookie(endpoint.realm)) }
        reply.setBody(SessionAnswer.anonymous, "application/json")
        respond(reply)
    }
}
