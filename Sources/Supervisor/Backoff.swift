/// How long to wait before something that ended is started again: at once, then longer each time.
struct Backoff {
    /// Milliseconds that it must have run for the count to start anew.
    static let healthyRun: Int64 = 10_000
    /// Longest wait, in milliseconds.
    static let longestDelay: Int64 = 30_000
    /// Ends in a row from which on somebody should look.
    static let loopCount = 5

    /// Ends in a row, none after a healthy run.
    private(set) var count = 0

    /// Whether it keeps ending.
    var isLoop: Bool { count >= Self.loopCount }

    /// It ended after `lived` milliseconds; the wait before the next start.
    mutating func next(lived: Int64) -> Int64 {
        if lived >= Self.healthyRun { count = 0 }
        count += 1
        guard count > 1 else { return 0 }
        return min(100 << Int64(min(count - 2, 20)), Self.longestDelay)
    }
}
