import GatewayConfig

/// Whether a server is to get requests: by what became of those it got, and by its health checks.
///
/// Times are milliseconds of one clock. A server without trouble costs a request one look at `isTroubled`.
struct ServerHealth {
    /// What a server's log tells.
    enum Change: Equatable {
        case down
        /// Milliseconds that it was down.
        case up(after: Int64)
    }

    /// How long a trial request has before another one may try.
    static let trialMilliseconds: Int64 = 1_000

    private let limit: Int
    private let window: Int64
    private let rise: Int
    private let fall: Int
    /// When the latest failures were, oldest first; `limit` at most.
    private var failures: [Int64] = []
    /// Failed too often, and has not answered since.
    private var isFailing = false
    /// Gets nothing before; 0 = failing or not, it is in.
    private var outUntil: Int64 = 0
    private var nextTrial: Int64 = 0
    private var downSince: Int64 = 0
    private var isChecked = false
    private var wasGood = true
    private var streak = 0
    /// Its health checks say that it is not well.
    private(set) var isRefusedByChecks = false
    /// There is something that an answer could change, or that keeps requests away.
    private(set) var isTroubled = false

    init(_ passive: PassiveHealthSettings, _ check: HealthCheckSettings?) {
        limit = passive.failures
        window = Int64(passive.window)
        rise = check?.rise ?? 1
        fall = check?.fall ?? 1
    }

    /// Whether it is to get a request at `now`: it is in, or has been out long enough for somebody to try it.
    func isUsable(_ now: Int64) -> Bool {
        if !isTroubled { return true }
        return !isRefusedByChecks && (outUntil == 0 || outUntil <= now && nextTrial <= now)
    }

    /// Whether its failures keep requests away from it.
    var isOut: Bool { outUntil != 0 }

    /// It gets a request at `now`. One that has been out is tried by one request at a time.
    mutating func chosen(_ now: Int64) {
        if outUntil != 0 { nextTrial = now + Self.trialMilliseconds }
    }

    /// A request failed at it. It is taken out after `limit` failures in the window, if it `mayLeave`: there is
    /// another server.
    mutating func failed(_ now: Int64, mayLeave: Bool) -> Change? {
        guard limit > 0 else { return nil }
        if outUntil != 0 {
            outUntil = now + window
            return nil
        }
        if failures.count == limit { failures.removeFirst() }
        failures.append(now)
        guard failures.count == limit, failures[0] > now - window else { return nil }
        if mayLeave {
            outUntil = now + window
            nextTrial = outUntil
        }
        defer {
            isFailing = true
            isTroubled = true
        }
        if isTroubled { return nil }
        downSince = now
        return .down
    }

    /// It answered a request.
    mutating func answered(_ now: Int64) -> Change? {
        guard isFailing else { return nil }
        forgive()
        isTroubled = isRefusedByChecks
        return isTroubled ? nil : .up(after: now - downSince)
    }

    /// A health check is over. The first one counts at once, later ones `rise` or `fall` in a row.
    mutating func checked(isGood: Bool, _ now: Int64) -> Change? {
        streak = isChecked && isGood == wasGood ? streak + 1 : 1
        wasGood = isGood
        defer { isChecked = true }
        if isGood {
            guard isRefusedByChecks, streak >= rise else { return nil }
            isRefusedByChecks = false
            // The check was the trial.
            forgive()
            isTroubled = false
            return .up(after: now - downSince)
        }
        guard !isRefusedByChecks, streak >= fall || !isChecked else { return nil }
        isRefusedByChecks = true
        defer { isTroubled = true }
        if isTroubled { return nil }
        downSince = now
        return .down
    }

    /// Nobody checks any more.
    mutating func endChecks() {
        isRefusedByChecks = false
        isTroubled = isFailing
    }

    private mutating func forgive() {
        failures.removeAll()
        isFailing = false
        outUntil = 0
    }
}
