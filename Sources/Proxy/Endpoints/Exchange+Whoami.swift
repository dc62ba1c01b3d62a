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
        askIdleEnd { exchange, idleEnd in
            guard exchange.identity.isPresent else {
                exchange.answerNobody(strict: strict, endpoint)
                return
            }
            var reply = Reply(status: 200)
            let document = exchange.sessionDocument(endpoint.realm, idleEnd: idleEnd)
            reply.setBody(document.whoami(), "application/json")
            exchange.respond(reply)
        }
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
