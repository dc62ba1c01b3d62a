import Access
import GatewayConfig
import HTTP1
import Pages
import Sessions
import Transport

/// Routes that want a login younger than some time.
extension Exchange {
    func isLoginOlder(than milliseconds: Int64) -> Bool {
        guard identity.isPresent else { return false }
        return worker.loop.wallNow - identity.view.created >= milliseconds
    }

    /// Sends people to log in again and tells programs so.
    func refuseStaleLogin(_ route: CompiledRoute) {
        if route.access.unauthenticated(requestFacts()) == .login {
            redirectToLogin(isStale: true)
        } else {
            answerReauthRequired()
        }
    }

    /// 401 with where to log in again.
    func answerReauthRequired() {
        guard let realm else { return }
        var reply = Reply(status: 401)
        addChallenge(&reply, realm)
        setProblem(
            &reply,
            Problem(
                .reauthRequired, instance: requestIDText,
                loginURL: "\(realm.settings.endpoints)/login?fresh=1"))
        respond(reply)
    }

    /// The login page for somebody who may be logged in already: it knows the name.
    func relogin(target: [UInt8]?) {
        guard let endpoint else { return }
        guard case .valid(let hash) = findTicket(endpoint.realm) else {
            showRelogin(target: target)
            return
        }
        endpoint.next = .relogin(target: target)
        phase = .authenticating
        endpoint.realm.sessions.lookup(hash, receiver: self, token: epoch)
    }

    func showRelogin(target: [UInt8]?) {
        guard let endpoint else { return }
        guard identity.isPresent else {
            respond(loginPage(endpoint.realm, status: 200, target: target))
            return
        }
        respond(
            loginPage(
                endpoint.realm, status: 200, target: target, name: identity.name,
                notice: .relogin))
    }
}
