import Synchronization

/// Token buckets that all workers of a gateway share: for each subject the time at which its bucket is full again.
///
/// One bucket is one number, moved on by compare-and-exchange (the generic cell rate algorithm), so a request costs a
/// few loads and one write, waits for nobody, and asks no other process. A subject whose bucket is full needs no place:
/// there is room for 65,536 that are not. Beyond that the fullest of four makes room, in favour of its owner.
struct RateTable {
    /// Places of one subject.
    private static let ways = 4
    static let groupCount = 16_384
    private static let entryBytes = 16
    /// Microseconds by which a bucket's time may seem to be too late.
    private static let slack: UInt64 = 60_000_000
    /// Bytes of a table.
    static let size = groupCount * ways * entryBytes

    private let base: UnsafeMutableRawPointer

    init(_ base: UnsafeMutableRawPointer) { self.base = base }

    /// Takes a token from the bucket of `subject`, a hash that nobody outside can aim at.
    ///
    /// - Parameters:
    ///   - now: Microseconds of the monotonic clock, which all processes share.
    ///   - interval: Microseconds in which one token comes back, at least 1.
    ///   - burst: Tokens that a full bucket has, at least 1.
    func take(_ subject: UInt64, now: UInt64, interval: UInt64, burst: UInt64) -> RateVerdict {
        // Zero marks an empty place.
        let tag = subject | 1
        let group = Int(truncatingIfNeeded: subject >> 32) & (Self.groupCount - 1)
        let cell = time(place(tag, group, now))
        let depth = interval &* burst
        var full = cell.pointee.load(ordering: .relaxed)
        while true {
            // The clocks of two loops may be some milliseconds apart. Further away is no time of this limit.
            let isStrange = full > now && full - now > depth + Self.slack
            let start = full <= now || isStrange ? now : full
            let wanted = start + interval
            if wanted - now > depth { return .wait(microseconds: wanted - now - depth, full: start - now) }
            let (isDone, found) = cell.pointee.weakCompareExchange(
                expected: full, desired: wanted, ordering: .relaxed)
            if isDone { return .go(left: (depth - (wanted - now)) / interval) }
            full = found
        }
    }

    /// The place of `tag` in its group; a free one, or the fullest, is given to it if it has none.
    private func place(_ tag: UInt64, _ group: Int, _ now: UInt64) -> Int {
        let first = group * Self.ways
        while true {
            var fullest = first
            var earliest = UInt64.max
            for index in first..<first + Self.ways {
                if self.tag(index).pointee.load(ordering: .relaxed) == tag { return index }
                let end = time(index).pointee.load(ordering: .relaxed)
                if end < earliest { (fullest, earliest) = (index, end) }
            }
            let old = self.tag(fullest).pointee.load(ordering: .relaxed)
            // Its former owner may be counting still; at worst the new one begins with a few tokens less.
            guard
                self.tag(fullest).pointee.compareExchange(
                    expected: old, desired: tag, ordering: .relaxed
                ).exchanged
            else { continue }
            time(fullest).pointee.store(0, ordering: .relaxed)
            return fullest
        }
    }

    private func tag(_ index: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
        (base + index * Self.entryBytes).assumingMemoryBound(to: Atomic<UInt64>.self)
    }

    private func time(_ index: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
        (base + index * Self.entryBytes + 8).assumingMemoryBound(to: Atomic<UInt64>.self)
    }
}

/// Whether there was a token.
public enum RateVerdict: Sendable, Equatable {
    /// There was; so many are left.
    case go(left: UInt64)
    /// There will be one after so many microseconds; after `full` the bucket would be full again.
    case wait(microseconds: UInt64, full: UInt64)
}

/// SipHash-1-3: what clients choose cannot be aimed at another's bucket by who does not know the key.
struct KeyedHash {
    private var state: (UInt64, UInt64, UInt64, UInt64)
    private var tail: UInt64 = 0
    private var count: UInt64 = 0

    init(_ key: (UInt64, UInt64)) {
        state = (
            key.0 ^ 0x736f_6d65_7073_6575, key.1 ^ 0x646f_7261_6e64_6f6d, key.0 ^ 0x6c79_6765_6e65_7261,
            key.1 ^ 0x7465_6462_7974_6573
        )
    }

    mutating func add(_ byte: UInt8) {
        tail |= UInt64(byte) << (8 * (count & 7))
        count &+= 1
        if count & 7 == 0 { absorb() }
    }

    mutating func finish() -> UInt64 {
        tail |= count << 56
        absorb()
        state.2 ^= 0xff
        for _ in 0..<3 { round() }
        return state.0 ^ state.1 ^ state.2 ^ state.3
    }

    private mutating func absorb() {
        state.3 ^= tail
        round()
        state.0 ^= tail
        tail = 0
    }

    private mutating func round() {
        state.0 &+= state.1
        state.2 &+= state.3
        state.1 = Self.rotated(state.1, 13) ^ state.0
        state.3 = Self.rotated(state.3, 16) ^ state.2
        state.0 = Self.rotated(state.0, 32)
        state.2 &+= state.1
        state.0 &+= state.3
        state.1 = Self.rotated(state.1, 17) ^ state.2
        state.3 = Self.rotated(state.3, 21) ^ state.0
        state.2 = Self.rotated(state.2, 32)
    }

    private static func rotated(_ value: UInt64, _ bits: UInt64) -> UInt64 {
        value << bits | value >> (64 - bits)
    }
}
