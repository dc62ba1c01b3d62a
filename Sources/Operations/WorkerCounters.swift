import CLinux
import Glibc
import Synchronization
public import Transport

/// A worker's end of the counters: takes and gives back what is bounded for the whole gateway, and counts.
///
/// Each call is one or two atomic additions. What a worker holds when it dies, the master gives back.
public final class WorkerCounters: Sendable {
    private let map: CounterMap
    private let slot: Int

    /// Maps `descriptor`, which is then owned, for the worker in `slot`.
    public init(descriptor: Int32, slot: Int) throws(SystemError) {
        guard (0..<CounterMap.slotCount).contains(slot) else {
            throw SystemError(call: "counter slot", code: EINVAL)
        }
        map = try CounterMap(descriptor: descriptor)
        self.slot = slot
    }

    init(map: CounterMap, slot: Int) {
        self.map = map
        self.slot = slot
    }

    /// Counters that nobody else shares, for tests and for a process without a master.
    public static func standalone() throws(SystemError) -> WorkerCounters {
        WorkerCounters(map: try CounterMap.create(), slot: 0)
    }

    // MARK: Gauges

    /// Takes one of `gauge` if less than `limit` are taken in the whole gateway; whether it did.
    public func acquire(_ gauge: Gauge, limit: Int) -> Bool {
        // The share first: a crash between the two lines lets one too many in, instead of losing a place for good.
        map.share(gauge, slot: slot).pointee.wrappingAdd(1, ordering: .relaxed)
        let before = map.gauge(gauge).pointee.wrappingAdd(1, ordering: .relaxed).oldValue
        if before < limit { return true }
        release(gauge)
        return false
    }

    /// Gives one of `gauge` back.
    public func release(_ gauge: Gauge) {
        map.gauge(gauge).pointee.wrappingSubtract(1, ordering: .relaxed)
        map.share(gauge, slot: slot).pointee.wrappingSubtract(1, ordering: .relaxed)
    }

    /// How many of `gauge` are taken in the whole gateway.
    public func value(_ gauge: Gauge) -> Int { map.gauge(gauge).pointee.load(ordering: .relaxed) }

    /// How many of `gauge` this worker has taken.
    public func ownValue(_ gauge: Gauge) -> Int {
        map.share(gauge, slot: slot).pointee.load(ordering: .relaxed)
    }

    // MARK: Connections by address

    /// Takes a connection of the client at `host` (16 bytes, as in `SocketAddress.hostBytes`) if it has less than
    /// `limit` in the whole gateway; whether it did. An IPv6 client is its /64.
    ///
    /// The count is never too low; two addresses in 2^28 share theirs.
    public func acquireConnection(from host: InlineArray<16, UInt8>, limit: Int) -> Bool {
        let (first, second) = map.buckets(of: Self.subject(host))
        let firstCount = take(first)
        let secondCount = take(second)
        if min(firstCount, secondCount) < limit { return true }
        give(first)
        give(second)
        return false
    }

    /// Gives a connection back that `acquireConnection` took.
    public func releaseConnection(from host: InlineArray<16, UInt8>) {
        let (first, second) = map.buckets(of: Self.subject(host))
        give(first)
        give(second)
    }

    private func take(_ bucket: Int) -> Int {
        map.bucket(bucket, slot: slot).pointee.wrappingAdd(1, ordering: .relaxed)
        return Int(map.bucket(bucket).pointee.wrappingAdd(1, ordering: .relaxed).oldValue)
    }

    private func give(_ bucket: Int) {
        map.bucket(bucket).pointee.wrappingSubtract(1, ordering: .relaxed)
        map.bucket(bucket, slot: slot).pointee.wrappingSubtract(1, ordering: .relaxed)
    }

    /// The whole of an IPv4 address, half of an IPv6 one.
    private static func subject(_ host: InlineArray<16, UInt8>) -> UInt64 {
        var high: UInt64 = 0
        var low: UInt64 = 0
        for index in 0..<8 {
            high = high << 8 | UInt64(host[index])
            low = low << 8 | UInt64(host[index + 8])
        }
        let isMapped = high == 0 && low >> 32 == 0xffff
        return isMapped ? low : high
    }

    // MARK: Requests by rate

    /// Takes a token from the bucket that `subject` has for the limit called `name`, as all workers of the gateway see
    /// it. `now` is in milliseconds of the monotonic clock, `window` the milliseconds in which `count` tokens come back;
    /// a full bucket has `burst`.
    public func takeToken(
        _ name: UInt64, of subject: some Sequence<UInt8>, now: Int64, count: Int, window: Int, burst: Int
    ) -> RateVerdict {
        var hash = KeyedHash(map.hashKey)
        for shift in stride(from: UInt64(0), to: 64, by: 8) {
            hash.add(UInt8(truncatingIfNeeded: name >> shift))
        }
        for byte in subject { hash.add(byte) }
        let interval = max(1, UInt64(clamping: window) &* 1_000 / max(1, UInt64(clamping: count)))
        return map.rates.take(
            hash.finish(), now: UInt64(clamping: now) &* 1_000, interval: interval,
            burst: max(1, UInt64(clamping: burst)))
    }

    // MARK: Counters

    /// This worker's counters, for the one thread that counts.
    public var tally: Tally { Tally(map.counters(slot: slot)) }
}
