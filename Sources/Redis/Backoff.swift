/// How long to wait before the next attempt: longer each time, and never for two processes the same.
struct Backoff {
    static let first = 50
    static let longest = 1_000

    /// Attempts that failed in a row.
    private(set) var failures = 0

    mutating func reset() { failures = 0 }

    /// Notes a failure and tells how many milliseconds to wait: half to all of 50, 100, 200 ... 1,000.
    mutating func next(using random: inout some RandomNumberGenerator) -> Int {
        failures += 1
        let ceiling = min(Self.longest, Self.first << min(failures - 1, 10))
        return Int.random(in: ceiling / 2...ceiling, using: &random)
    }
}
