/// Bounds what retries add to the load of servers that are in trouble already: a fifth of the requests, and ten a
/// second for the sake of quiet upstreams; unused ones add up to 256. Belongs to one upstream of one worker.
struct RetryBudget {
    private static let price = 5
    private static let most = 256 * price
    /// In which one credit comes: ten retries a second.
    private static let creditMilliseconds = Int64(1_000 / (10 * price))
    private static let fullMilliseconds = Int64(most) * creditMilliseconds

    private var credit = most
    private var refilledAt: Int64

    /// A full one, at `now` in milliseconds.
    init(now: Int64) { refilledAt = now }

    /// A request came.
    mutating func deposit() {
        if credit < Self.most { credit += 1 }
    }

    /// Whether there may be a retry at `now`; it is paid for then.
    mutating func take(_ now: Int64) -> Bool {
        let elapsed = now - refilledAt
        if elapsed >= Self.fullMilliseconds {
            credit = Self.most
            refilledAt = now
        } else if elapsed >= Self.creditMilliseconds {
            credit = min(Self.most, credit + Int(elapsed / Self.creditMilliseconds))
            refilledAt = now - elapsed % Self.creditMilliseconds
        }
        guard credit >= Self.price else { return false }
        credit -= Self.price
        return true
    }
}
