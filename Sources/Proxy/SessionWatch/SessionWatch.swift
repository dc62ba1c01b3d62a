import GatewayConfig
import Sessions
import Transport

/// Ends what is open in the name of a session when the session ends: tunnels, streams, and what waits to become one.
///
/// It keeps no list of them, since each request would pay for its place in it: sessions end seldom, and then the
/// worker's connections are looked through, once a tick for all that ended in it.
final class SessionWatch {
    /// Most milliseconds between two re-checks of what is open, should a message be lost (decision 14).
    private static let longestInterval = 30_000
    private static let shortestInterval = 500
    /// Milliseconds until Redis is asked again when it could not tell.
    private static let retryInterval = 500

    private let loop: EventLoop
    private let checks: SessionChecks
    private let checkInterval: Int
    /// What becomes of what a round of checks finds without a session.
    private var checkEnd = ExchangeEnd.expired
    private var isRetry = false
    private let checkTimer = DeadlineTimer()
    /// Armed for the earliest end, by its record, of a session with something open.
    private let expiryTimer = DeadlineTimer()
    private let revoked = RevokedTask()
    /// Where the connections are. The worker owns the watch.
    unowned let worker: Worker

    init(worker: Worker) {
        self.worker = worker
        loop = worker.loop
        checks = SessionChecks()
        // A session that is used no more ends in Redis alone; it is noticed within a quarter of its idle time.
        let shortestIdle = worker.realms.map(\.settings.idle).filter { $0 > 0 }.min() ?? .max
        checkInterval = min(Self.longestInterval, max(Self.shortestInterval, shortestIdle / 4))
    }

    func start() {
        checks.onUnavailable = { [weak self] in self?.retry() }
        revoked.watch = self
        checkTimer.own(by: self)
        expiryTimer.own(by: self)
        loop.arm(checkTimer, after: checkInterval)
    }

    /// Lets go of everything, for the end of the process.
    func stop() {
        revoked.watch = nil
        checkTimer.invalidate()
        expiryTimer.invalidate()
    }

    // MARK: Word from Redis

    /// Something in the realm with this index has ended.
    func note(_ revocation: Revocation, realm: Int) {
        revoked.set.insert(revocation, realm: realm)
        loop.atTickEnd(revoked)
    }

    /// Ends what is open in the name of what is in `set`.
    fileprivate func end(_ set: RevokedSet) {
        for connection in worker.connections {
            guard let exchange = connection?.exchange, exchange.isRunning else { continue }
            exchange.doubtSession()
            guard exchange.endsWithSession, let realm = exchange.realm,
                set.contains(exchange.identity, realm: realm.index)
            else { continue }
            exchange.sessionEnded(.revoked)
        }
    }

    /// Messages may have been lost: everything is looked up again.
    func recheckAll() {
        for connection in worker.connections {
            guard let exchange = connection?.exchange, exchange.isRunning else { continue }
            exchange.doubtSession()
        }
        checkEnd = .revoked
        check()
    }

    // MARK: What opens

    /// A tunnel or stream begins. Its session's end is waited for; a session that is in doubt is looked up again.
    func streamBegan(_ exchange: Exchange) {
        let left = max(0, exchange.identity.view.absoluteEnd - loop.wallNow)
        let end = loop.now.addingReportingOverflow(left)
        if !end.overflow && end.partialValue < expiryTimer.deadline {
            loop.arm(expiryTimer, at: end.partialValue)
        }
        guard exchange.sessionFate == .doubtful else { return }
        exchange.sessionFate = .live
        checks.add(exchange, end: .revoked)
        checks.run()
    }

    // MARK: Looking again

    private func check() {
        loop.arm(checkTimer, after: checkInterval)
        checks.addAll(end: checkEnd) { add in
            for connection in worker.connections {
                if let exchange = connection?.exchange, exchange.endsWithSession { add(exchange) }
            }
        }
        checks.run()
    }

    /// Redis could not tell, so nobody was logged out. What was missed meanwhile is made up for as soon as it can.
    private func retry() {
        isRetry = true
        loop.arm(checkTimer, after: Self.retryInterval)
    }

    /// Ends what belongs to sessions whose own end has passed, and waits for the next.
    private func expire() {
        var next = Int64.max
        for connection in worker.connections {
            guard let exchange = connection?.exchange, exchange.endsWithSession else { continue }
            let end = exchange.identity.view.absoluteEnd
            if end <= loop.wallNow { exchange.sessionEnded(.expired) } else { next = min(next, end) }
        }
        guard next != .max else { return }
        let deadline = loop.now.addingReportingOverflow(next - loop.wallNow)
        if !deadline.overflow { loop.arm(expiryTimer, at: deadline.partialValue) }
    }
}

extension SessionWatch: DeadlineReceiver {
    func onDeadline(_ timer: DeadlineTimer) {
        if timer === expiryTimer {
            expire()
            return
        }
        guard checks.isIdle else {
            loop.arm(checkTimer, after: Self.retryInterval)
            return
        }
        // A session that is gone without a word has come to its own end, but for a round that catches up.
        if !isRetry { checkEnd = .expired }
        isRetry = false
        check()
    }
}

/// Everything that ended within a tick, carried out at its end in one pass over the connections.
private final class RevokedTask: TickEndTask {
    weak var watch: SessionWatch?
    var set = RevokedSet()

    override func onTickEnd() {
        let ended = set
        set = RevokedSet()
        watch?.end(ended)
    }
}
