public import Synchronization

/// Numbers of one worker in shared memory, one behind the other, as its loop changes them: plain loads and stores,
/// without a lock and without counting a reference.
///
/// Only one thread may change them: load and store are two steps. Whoever has some keeps the `MetricRegion` that they
/// came from.
public struct MetricCells {
    @usableFromInline let first: UnsafeMutablePointer<Atomic<UInt64>>

    init(_ first: UnsafeMutablePointer<Atomic<UInt64>>) { self.first = first }

    /// Adds `amount` to the cell at `index`, which must be one of these.
    @inlinable
    public func add(_ amount: UInt64 = 1, at index: Int = 0) {
        let place = first + index
        place.pointee.store(place.pointee.load(ordering: .relaxed) &+ amount, ordering: .relaxed)
    }

    /// Takes one from the cell at `index`.
    @inlinable
    public func subtractOne(at index: Int = 0) { add(.max, at: index) }

    /// Sets the cell at `index`.
    @inlinable
    public func set(_ value: UInt64, at index: Int = 0) {
        (first + index).pointee.store(value, ordering: .relaxed)
    }

    /// Adds one to the place of `label` in a closed list.
    @inlinable
    public func count(_ label: some MetricLabel) { add(at: label.rawValue) }

    /// The cell at `index`.
    @inlinable
    public func value(at index: Int = 0) -> UInt64 { (first + index).pointee.load(ordering: .relaxed) }

    /// The cells from `index` on.
    @inlinable
    public func from(_ index: Int) -> MetricCells { MetricCells(at: first + index) }

    @inlinable
    init(at first: UnsafeMutablePointer<Atomic<UInt64>>) { self.first = first }
}
