/// Hashes and compares passwords. Blocking: one call takes tens of milliseconds of processor time and the
/// memory that its kind asks for, so calls belong on a bounded pool.
public protocol PasswordHashing: Sendable {
    /// A fresh hash of `password` with a random salt, as text to store.
    ///
    /// - Throws: `HashFailure`; for bcrypt also `nulInPassword` and `tooLongForBcrypt`.
    func hash(_ password: [UInt8], kind: HashKind) throws(HashFailure) -> String

    /// Whether `password` made `stored`. Runs the work of the stored kind whatever the password is, and compares
    /// in constant time.
    ///
    /// - Throws: `HashFailure.unavailable`.
    func verify(_ password: [UInt8], against stored: PasswordHash) throws(HashFailure) -> Bool
}

extension PasswordHashing {
    /// Whether `password` made the stored text `stored`.
    ///
    /// - Throws: `HashFailure.unusable` when the text is of no known form or out of bounds; nothing was run then.
    public func verify(_ password: [UInt8], against stored: String) throws(HashFailure) -> Bool {
        try verify(password, against: PasswordHash(stored))
    }

    /// How long one comparison of `kind` takes here and now: the slowest of `runs`, which are at least 1.
    ///
    /// - Throws: `HashFailure.kindRefused` and `HashFailure.unavailable`.
    public func measure(_ kind: HashKind, runs: Int = 3) throws(HashFailure) -> Duration {
        if let refusal = kind.refusal { throw .kindRefused(reason: refusal) }
        let dummy = PasswordHash.dummy(kind)
        var slowest = Duration.zero
        for _ in 0..<max(1, runs) {
            let start = ContinuousClock.now
            _ = try verify([UInt8]("a password of the usual size".utf8), against: dummy)
            slowest = max(slowest, ContinuousClock.now - start)
        }
        return slowest
    }
}
