import Synchronization
public import Transport

/// The master's end of the counters: hands out slots, sums them up, and cleans up after a worker's end.
public final class SharedCounters {
    private let map: CounterMap
    var isTaken = [Bool](repeating: false, count: CounterMap.slotCount)
    /// What workers that are gone have counted.
    var retired = [UInt64](repeating: 0, count: Counter.allCases.count)

    /// New counters, all zero.
    public convenience init() throws(SystemError) { self.init(map: try CounterMap.create()) }

    init(map: CounterMap) { self.map = map }

    /// The memfd, for workers to inherit; stays this object's.
    public var descriptor: Int32 { map.descriptor }

    /// A slot for a new worker; nil if 1,024 are taken.
    public func claimSlot() -> Int? {
        guard let slot = isTaken.firstIndex(of: false) else { return nil }
        isTaken[slot] = true
        return slot
    }

    /// The worker's end of `slot`, in this process.
    func counters(slot: Int) -> WorkerCounters { WorkerCounters(map: map, slot: slot) }

    /// Its worker is gone: gives back what it held, keeps what it counted, frees the slot.
    public func retire(slot: Int) {
        guard isTaken.indices.contains(slot) else { return }
        for gauge in Gauge.allCases {
            let held = map.share(gauge, slot: slot).pointee.exchange(0, ordering: .relaxed)
            map.gauge(gauge).pointee.wrappingSubtract(held, ordering: .relaxed)
        }
        for bucket in 0..<(CounterMap.rowWidth * CounterMap.rowCount) {
            let share = map.bucket(bucket, slot: slot)
            if share.pointee.load(ordering: .relaxed) == 0 { continue }
            let held = share.pointee.exchange(0, ordering: .relaxed)
            map.bucket(bucket).pointee.wrappingSubtract(held, ordering: .relaxed)
        }
        for counter in Counter.allCases {
            retired[counter.rawValue] &+= map.counter(counter, slot: slot).pointee.exchange(
                0, ordering: .relaxed)
        }
        isTaken[slot] = false
    }

    /// How many of `gauge` are taken in the whole gateway.
    public func value(_ gauge: Gauge) -> Int { map.gauge(gauge).pointee.load(ordering: .relaxed) }

    /// The sum of `counter` over all workers, those that are gone included; it never goes down.
    public func total(_ counter: Counter) -> UInt64 {
        var sum = retired[counter.rawValue]
        for slot in isTaken.indices where isTaken[slot] {
            sum &+= map.counter(counter, slot: slot).pointee.load(ordering: .relaxed)
        }
        return sum
    }
}
