import Sessions

/// Looks sessions up again that have something open: each once, however much that is, and a few at a time, so that
/// requests do not wait behind a thousand of them.
final class SessionChecks {
    private static let limit = 64

    /// A session, and the exchanges that belong to it.
    private final class Check {
        let realm: Realm
        let hash: SessionHash
        let end: ExchangeEnd
        /// A connection keeps its exchange, and the number tells whether that still is about the same request.
        var members: [(connection: ClientConnection, epoch: UInt64)] = []

        init(realm: Realm, hash: SessionHash, end: ExchangeEnd) {
            self.realm = realm
            self.hash = hash
            self.end = end
        }

        var exchanges: [Exchange] {
            members.compactMap { connection, epoch in
                guard let exchange = connection.exchange, exchange.epoch == epoch,
                    exchange.endsWithSession
                else { return nil }
                return exchange
            }
        }
    }

    private struct Key: Hashable {
        var realm: Int
        var hash: SessionHash
    }

    /// Called when Redis could not tell, and what waited was given up: all of it is to be added again later.
    var onUnavailable: (() -> Void)?
    /// Waiting checks, the next one last.
    private var waiting: [Check] = []
    private var running: [UInt64: Check] = [:]
    private var token: UInt64 = 0

    /// Whether all checks are done.
    var isIdle: Bool { waiting.isEmpty && running.isEmpty }

    /// Adds one exchange. `end` is what becomes of it if its session is not there.
    func add(_ exchange: Exchange, end: ExchangeEnd) {
        guard let realm = exchange.realm else { return }
        let check = Check(realm: realm, hash: exchange.identity.hash, end: end)
        check.members = [(exchange.connection, exchange.epoch)]
        waiting.append(check)
    }

    /// Adds all exchanges that `visit` passes on: whatever is open. What waited before is among it.
    func addAll(end: ExchangeEnd, _ visit: (_ add: (Exchange) -> Void) -> Void) {
        var checks: [Key: Check] = [:]
        visit { exchange in
            guard let realm = exchange.realm else { return }
            let key = Key(realm: realm.index, hash: exchange.identity.hash)
            let check = checks[key] ?? Check(realm: realm, hash: key.hash, end: end)
            checks[key] = check
            check.members.append((exchange.connection, exchange.epoch))
        }
        waiting = [Check](checks.values)
    }

    /// Asks for as many as may be asked for at a time.
    func run() {
        while running.count < Self.limit, let check = waiting.popLast() {
            if check.exchanges.isEmpty { continue }
            token &+= 1
            running[token] = check
            check.realm.sessions.lookup(check.hash, receiver: self, token: token)
        }
    }

    private func done(_ token: UInt64) {
        running[token] = nil
        run()
    }

    private func giveUp() {
        waiting = []
        onUnavailable?()
    }

    private func finish(_ check: Check, _ end: ExchangeEnd) {
        for exchange in check.exchanges { exchange.sessionEnded(end) }
    }

    /// What runs under an identity that is not the record's any more ends: the origin was told the old one.
    private func compare(_ check: Check, _ matches: (Identity) -> Bool) {
        for exchange in check.exchanges where !matches(exchange.identity) { exchange.sessionEnded(.revoked) }
    }

    /// There is no such session. It may go on under another name, if it was renewed; only its handle stays.
    private func followRenewal(_ token: UInt64, _ check: Check) {
        guard let identity = check.exchanges.first?.identity else {
            done(token)
            return
        }
        let handle = identity.handle
        check.realm.sessions.list(userID: identity.userID) { [self] sessions in
            defer { done(token) }
            guard let sessions else {
                giveUp()
                return
            }
            guard let renewed = sessions.first(where: { $0.record.handle == handle })?.record else {
                finish(check, check.end)
                return
            }
            for exchange in check.exchanges { exchange.identity.rename(renewed.hash) }
            compare(check) { $0.roles == renewed.roles && $0.name == renewed.name }
        }
    }
}

extension SessionChecks: SessionReceiver {
    func sessionChecked(_ token: UInt64, _ answer: borrowing SessionLookup) {
        guard let check = running[token] else { return }
        switch answer {
        case .found(let bytes, let view, let hash):
            let found = Identity()
            found.set(bytes, view, hash)
            compare(check) {
                $0.userID == found.userID && $0.roles == found.roles && $0.name == found.name
            }
        case .absent, .expired:
            followRenewal(token, check)
            return
        // Whoever is inside stays inside while nobody can tell; the record's own end is kept all the same.
        case .unavailable: giveUp()
        }
        done(token)
    }
}
