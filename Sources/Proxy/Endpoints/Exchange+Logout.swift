import GatewayConfig
import HTTP1
import HTTPCore
import Operations
import Pages
import Sessions

extension Exchange {
    func showLogout() {
        guard let endpoint else { return }
        var reply = Reply(status: 200)
        let page = LogoutPage(site: pageSite(endpoint.realm), token: worker.formTokens.make())
        setPage(&reply, page.render())
        respond(reply)
    }

    /// Ends the session in the store first, then clears the cookie; with no session it is already done.
    func logout(_ form: FormFields) {
        guard let endpoint else { return }
        let everywhere = form.flag("everywhere")
        guard case .valid(let hash) = findTicket(endpoint.realm) else {
            answerLogout()
            return
        }
        endpoint.next = .logout(everywhere: everywhere)
        phase = .authenticating
        endpoint.realm.sessions.lookup(hash, receiver: self, token: epoch)
    }

    func endSession(everywhere: Bool) {
        guard let endpoint else { return }
        if sessionResult == .unavailable {
            refuseUnavailableStore()
            return
        }
        guard identity.isPresent else {
            answerLogout()
            return
        }
        phase = .working
        let epoch = self.epoch
        let realm = endpoint.realm
        let trail = auditTrail(realm)
        let who = identity.auditFields
        let finish: (Int?) -> Void = { [self] count in
            if let count {
                let sessions: AuditLog.Fields = everywhere ? [("sessions", .number(count))] : []
                trail.record(.logout, who + [("everywhere", .flag(everywhere))] + sessions)
            }
            guard epoch == self.epoch, isRunning else { return }
            if count != nil { answerLogout() } else { refuseUnavailableStore() }
        }
        if everywhere {
            realm.sessions.endAll(userID: identity.userID, completion: finish)
        } else {
            realm.sessions.end(identity.hash, userID: identity.userID, handle: identity.handle) {
                finish($0 ? 1 : nil)
            }
        }
    }

    /// The session is gone: says so, and takes the cookie away.
    func answerLogout() {
        guard let realm else { return }
        var reply: Reply
        if prefersHTML {
            reply = Reply(status: 303)
            reply.add("Location", realm.settings.afterLogout ?? "\(realm.settings.endpoints)/login")
        } else {
            reply = Reply(status: 204)
        }
        if !usesBearer { reply.addCookie(clearedCookie(realm)) }
        // Only where it is there: curl's jar keeps all but the last cookie that one answer takes away.
        if sendsCheckCookie { reply.addCookie(Self.clearedCheckCookie) }
        respond(reply)
    }
}
