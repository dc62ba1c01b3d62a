import GatewayConfig
import HTTP1
import Pages
import Sessions

/// The sessions of whoever is logged in: seen and ended.
extension Exchange {
    /// `GET sessions`.
    func listSessions() {
        askSessions { exchange, sessions in
            var reply = Reply(status: 200)
            reply.setBody(SessionListAnswer(sessions: sessions).json(), "application/json")
            exchange.respond(reply)
        }
    }

    /// Calls `then` with all sessions of the user: the one of this request, then the most recently used first.
    func askSessions(_ then: @escaping (Exchange, [ListedSessionAnswer]) -> Void) {
        guard let endpoint else { return }
        endpoint.realm.sessions.list(
            userID: identity.userID,
            completion: whileRunning { exchange, sessions in
                guard let sessions else {
                    exchange.refuseUnavailableStore()
                    return
                }
                let handle = exchange.identity.handle
                let recent = sessions.sorted { $0.lastSeen > $1.lastSeen }.map {
                    ListedSessionAnswer($0, isCurrent: $0.record.handle == handle)
                }
                then(exchange, recent.filter(\.isCurrent) + recent.filter { !$0.isCurrent })
            })
    }

    /// `DELETE sessions` and `DELETE sessions/{id}`.
    func endSessions(_ endpoint: EndpointRequest) {
        withSession { exchange in
            guard let handle = endpoint.handle else {
                exchange.endOtherSessions { $0.respond(Reply(status: 204)) }
                return
            }
            exchange.endSession(called: handle) { exchange, isCurrent in
                var reply = Reply(status: 204)
                if isCurrent && !exchange.usesBearer {
                    reply.addCookie(exchange.clearedCookie(endpoint.realm))
                }
                exchange.respond(reply)
            }
        }
    }

    func endOtherSessions(_ then: @escaping (Exchange) -> Void) {
        guard let endpoint else { return }
        let finish = auditTrail(endpoint.realm).recordingOthers(
            identity,
            whileRunning { exchange, count in
                if count != nil { then(exchange) } else { exchange.refuseUnavailableStore() }
            })
        endpoint.realm.sessions.endAll(userID: identity.userID, except: identity.hash, completion: finish)
    }

    /// Ends the user's session with that handle; `then` hears whether it was the one of this request. Somebody
    /// else's handle is as good as none.
    func endSession(called handle: [UInt8], _ then: @escaping (Exchange, Bool) -> Void) {
        guard let endpoint else { return }
        let sessions = endpoint.realm.sessions
        let userID = identity.userID
        sessions.list(
            userID: userID,
            completion: whileRunning { exchange, list in
                guard let list else {
                    exchange.refuseUnavailableStore()
                    return
                }
                guard let found = list.first(where: { $0.record.handle == handle }) else {
                    exchange.refuse(404, .notFound, "You have no such session.")
                    return
                }
                sessions.end(
                    found.record.hash, userID: userID, handle: handle,
                    completion: exchange.auditTrail(endpoint.realm).recordingEnd(
                        of: handle, by: exchange.identity,
                        exchange.whileRunning { exchange, isDone in
                            guard isDone else {
                                exchange.refuseUnavailableStore()
                                return
                            }
                            then(exchange, handle == exchange.identity.handle)
                        }))
            })
    }
}

extension ListedSessionAnswer {
    fileprivate init(_ session: ListedSession, isCurrent: Bool) {
        let record = session.record
        self.init(
            id: String(decoding: record.handle, as: UTF8.self), isCurrent: isCurrent,
            created: Int(record.created / 1_000), lastSeen: Int(session.lastSeen / 1_000),
            address: String(decoding: record.address, as: UTF8.self),
            agent: String(decoding: record.agent, as: UTF8.self), remember: record.isRemembered)
    }
}
