public import Transport

/// A histogram of durations in the cells of one worker.
public struct Histogram<Scale: HistogramScale> {
    @usableFromInline let cells: MetricCells

    /// The histogram that begins with the first of `cells`: a cell for each bucket, and one for the sum.
    public init(_ cells: MetricCells) { self.cells = cells }

    /// Counts a duration in microseconds; one below zero is none.
    @inlinable
    public func observe(_ microseconds: Int64) {
        let value = UInt64(clamping: microseconds)
        cells.add(at: Scale.bucket(value))
        cells.add(value, at: Scale.buckets)
    }
}

/// Where the buckets of a histogram lie.
public protocol HistogramScale {
    /// How many buckets there are.
    static var buckets: Int { get }
    /// The bucket of a duration in microseconds, 0 to `buckets - 1`.
    static func bucket(_ microseconds: UInt64) -> Int
}

/// `MetricBuckets.long`.
public enum LongScale: HistogramScale {
    /// One for each bound and one above.
    @inlinable
    public static var buckets: Int { 14 }

    /// The bucket of `microseconds`.
    @inlinable
    public static func bucket(_ microseconds: UInt64) -> Int {
        switch microseconds {
        case ...1_000: 0
        case ...2_500: 1
        case ...5_000: 2
        case ...10_000: 3
        case ...25_000: 4
        case ...50_000: 5
        case ...100_000: 6
        case ...250_000: 7
        case ...500_000: 8
        case ...1_000_000: 9
        case ...2_500_000: 10
        case ...5_000_000: 11
        case ...10_000_000: 12
        default: 13
        }
    }
}

/// `MetricBuckets.short`.
public enum ShortScale: HistogramScale {
    /// One for each bound and one above.
    @inlinable
    public static var buckets: Int { 13 }

    /// The bucket of `microseconds`.
    @inlinable
    public static func bucket(_ microseconds: UInt64) -> Int {
        DurationCounts.place(Int64(clamping: microseconds))
    }
}

/// `MetricBuckets.slow`.
public enum SlowScale: HistogramScale {
    /// One for each bound and one above.
    @inlinable
    public static var buckets: Int { 9 }

    /// The bucket of `microseconds`.
    @inlinable
    public static func bucket(_ microseconds: UInt64) -> Int {
        switch microseconds {
        case ...25_000: 0
        case ...50_000: 1
        case ...100_000: 2
        case ...250_000: 3
        case ...500_000: 4
        case ...1_000_000: 5
        case ...2_500_000: 6
        case ...5_000_000: 7
        default: 8
        }
    }
}
