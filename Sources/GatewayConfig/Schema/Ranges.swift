/// Ranges that several rows share: milliseconds and bytes.
enum Limit {
    static let second = 1_000
    static let minute = 60_000
    static let hour = 3_600_000
    static let day = 86_400_000

    /// A wait within a request: no two-week timeouts by a slip of the unit.
    static let wait = 1...(day)
    /// A wait that may be none.
    static let pause = 0...(day)
    /// What a browser is told to remember.
    static let memory = 0...(3_650 * day)
    /// A session's life. Browsers keep a cookie 400 days at most.
    static let life = second...(400 * day)
    /// A body: up to 1 TiB.
    static let body = 1...(1 << 40)
}
