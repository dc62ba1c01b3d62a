public import Synchronization

/// The counters of one worker as its loop adds to them: plain additions to memory, without a lock and without
/// counting a reference.
///
/// Only one thread may count: its load and store are two steps. Whoever has one keeps the `WorkerCounters` that it
/// came from.
public struct Tally {
    @usableFromInline let counters: UnsafeMutablePointer<Atomic<UInt64>>

    init(_ counters: UnsafeMutablePointer<Atomic<UInt64>>) { self.counters = counters }

    /// Adds `amount` to `counter`.
    @inlinable
    public func count(_ counter: Counter, _ amount: UInt64 = 1) {
        let place = counters + counter.rawValue
        place.pointee.store(place.pointee.load(ordering: .relaxed) &+ amount, ordering: .relaxed)
    }
}
