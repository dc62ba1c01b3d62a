import HTTPCore

/// A request for a page or an answer of ours.
final class EndpointRequest {
    enum Kind { case login, register, logout, session }

    let kind: Kind
    let realm: Realm
    /// What the request wants to be done once the session is known.
    var next: Step = .none
    /// A failed login waits in here for the moment at which every failure is told (decision 19).
    var delayedReply: Reply?
    /// What kind of body it is.
    var isForm = false

    enum Step {
        case none
        /// Answer `GET session`.
        case whoami(strict: Bool)
        /// End the session, then answer.
        case logout(everywhere: Bool)
    }

    init(kind: Kind, realm: Realm) {
        self.kind = kind
        self.realm = realm
    }

    func afterSession(_ exchange: Exchange) {
        switch next {
        case .none: break
        case .whoami(let strict): exchange.answerWhoami(strict: strict)
        case .logout(let everywhere): exchange.endSession(everywhere: everywhere)
        }
    }

    func onDeadline(_ exchange: Exchange) {
        guard let reply = delayedReply else { return }
        delayedReply = nil
        exchange.respond(reply)
    }
}
