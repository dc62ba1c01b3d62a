import Testing

@testable import Accounts

@Suite struct HashTuningTests {
    /// A machine on which a MiB takes `pace` milliseconds a pass, and bcrypt of cost 10 takes 100 times that.
    static func machine(_ pace: Double, noise: Double = 0) -> HashTuning.Measure {
        var generator = SystemRandomNumberGenerator()
        return { (kind) throws(HashFailure) in
            #expect(kind.refusal == nil)
            let factor = 1 + Double.random(in: -noise...noise, using: &generator)
            switch kind {
            case .argon2id(let memory, let passes, _):
                return Double(memory >> 10) * Double(passes) * pace * factor
            case .bcrypt(let cost): return 100 * pace * Double(1 << (cost - 10)) * factor
            default: throw .kindRefused(reason: "not for new hashes")
            }
        }
    }

    @Test(arguments: [0.05, 0.5, 1, 3, 5], [150.0, 250, 1_000, 3_000])
    func `argon2id takes nearly the time that it may, and never is weaker than advised`(
        pace: Double, target: Double
    ) throws {
        let result = try HashTuning.argon2id(target: target, measure: Self.machine(pace))

        guard case .argon2id(let memory, let passes, 1) = result.kind else {
            Issue.record("\(result)")
            return
        }
        #expect(memory >= 19 << 10 && memory <= 64 << 10 && memory % 1_024 == 0 && passes >= 2)
        let isWeakest = memory == 19 << 10 && passes == 2
        let isStrongest = memory == 64 << 10 && passes == 64
        #expect(result.milliseconds <= target || isWeakest)
        // A pass more of 64 MiB is the largest step.
        #expect(result.milliseconds >= target * 0.9 - 64 * pace || isStrongest)
    }

    @Test(arguments: [0.1, 1.0, 20])
    func `bcrypt has the greatest cost that fits, and at least 10`(pace: Double) throws {
        for target in [50.0, 250, 2_000] {
            let result = try HashTuning.bcrypt(target: target, measure: Self.machine(pace))
            guard case .bcrypt(let cost) = result.kind else {
                Issue.record("\(result)")
                return
            }
            #expect(result.milliseconds <= target || cost == 10)
            #expect(result.milliseconds * 2 > target || cost == 16)
        }
    }

    @Test(arguments: 0..<20)
    func `measurements that vary are no trap`(_: Int) throws {
        let result = try HashTuning.argon2id(target: 250, measure: Self.machine(1, noise: 0.3))
        #expect(result.kind.refusal == nil)
        #expect(result.milliseconds <= 250)
        _ = try HashTuning.bcrypt(target: 250, measure: Self.machine(1, noise: 0.3))
    }

    @Test func `a failure to measure is told`() {
        #expect(throws: HashFailure.self) {
            try HashTuning.argon2id(target: 250) { (_) throws(HashFailure) in
                throw .unavailable(reason: "no memory")
            }
        }
    }
}
