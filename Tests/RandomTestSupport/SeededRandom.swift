/// SplitMix64: the same numbers for the same seed, so that a failing schedule can be run again.
public struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    /// The sequence of `seed`.
    public init(_ seed: Int) {
        state = UInt64(truncatingIfNeeded: seed) &* 0x9e37_79b9_7f4a_7c15 &+ 1
    }

    /// The next number of the sequence.
    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// A number from 0 to `bound - 1`; `bound` must be at least 1.
    public mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }

    /// `count` bytes, each any.
    public mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) }
    }

    /// Up to `limit` bytes, most of them from `alphabet`, some any.
    public mutating func bytes(upTo limit: Int, from alphabet: [UInt8]) -> [UInt8] {
        (0..<Int.random(in: 0...limit, using: &self)).map { _ in
            if Int.random(in: 0..<8, using: &self) == 0 { return UInt8.random(in: 0...255, using: &self) }
            return alphabet.randomElement(using: &self) ?? 0
        }
    }
}
