/// Finds how strong hashes can be made for the time that one may take.
public enum HashTuning {
    /// What was found.
    public struct Result: Sendable, Equatable {
        /// What to hash with.
        public let kind: HashKind
        /// Milliseconds that one such hash takes.
        public let milliseconds: Double
    }

    /// Measures a kind: milliseconds that one hash takes.
    public typealias Measure = (HashKind) throws(HashFailure) -> Double

    /// The least memory worth having with two passes (OWASP's advice), in MiB.
    private static let leastMemory = 19
    /// More is better against guessing, but each login that is checked needs it at the same time, in MiB.
    private static let mostMemory = 64
    private static let leastPasses = 2
    private static let lanes = 1
    private static let rounds = 6
    /// How much of the wished time is as good as all of it.
    private static let goodEnough = 0.93
    private static let leastCost = 10

    /// Argon2id parameters for about `target` milliseconds: more memory first, then more passes. Never weaker than
    /// what is advised today, even if that takes longer.
    ///
    /// - Throws: What `measure` throws.
    public static func argon2id(target: Double, measure: Measure) throws(HashFailure) -> Result {
        var best = try measured(argon(Double(leastMemory * leastPasses)), measure)
        var work = Double(leastMemory * leastPasses) * target / max(best.milliseconds, 0.001)
        for _ in 0..<rounds where best.milliseconds < target * goodEnough {
            let next = try measured(argon(work), measure)
            if next.milliseconds <= target, next.milliseconds >= best.milliseconds { best = next }
            work *= target * (1 + goodEnough) / 2 / max(next.milliseconds, 0.001)
        }
        return best
    }

    /// The parameters of so many MiB times passes, or the nearest that are allowed.
    private static func argon(_ work: Double) -> HashKind {
        let wanted = min(max(work, 1), 1e6)
        let memory = min(max(Int(wanted) / leastPasses, leastMemory), mostMemory)
        let passes = min(max(Int(wanted) / memory, leastPasses), HashKind.passBounds.upperBound)
        return .argon2id(memoryKiB: memory << 10, passes: passes, lanes: lanes)
    }

    /// The bcrypt cost for at most `target` milliseconds, each taking twice as long as the one before; at least 10.
    ///
    /// - Throws: What `measure` throws.
    public static func bcrypt(target: Double, measure: Measure) throws(HashFailure) -> Result {
        var best = try measured(.bcrypt(cost: leastCost), measure)
        var cost = leastCost
        var expected = best.milliseconds
        while cost < HashKind.costBounds.upperBound, expected * 2 <= target {
            cost += 1
            expected *= 2
        }
        while cost > leastCost {
            let next = try measured(.bcrypt(cost: cost), measure)
            if next.milliseconds <= target {
                best = next
                break
            }
            cost -= 1
        }
        return best
    }

    private static func measured(_ kind: HashKind, _ measure: Measure) throws(HashFailure) -> Result {
        Result(kind: kind, milliseconds: try measure(kind))
    }

    /// The middle one of three measurements, with the gateway's own hasher.
    ///
    /// - Throws: `HashFailure`.
    public static func measure(_ kind: HashKind) throws(HashFailure) -> Double {
        let (hasher, clock) = (PasswordHasher(), ContinuousClock())
        var times: [Double] = []
        for _ in 0..<3 {
            let start = clock.now
            _ = try hasher.hash(Array("correct horse battery staple".utf8), kind: kind)
            let (seconds, attoseconds) = (clock.now - start).components
            times.append(Double(seconds) * 1_000 + Double(attoseconds) / 1e15)
        }
        return times.sorted()[1]
    }
}
