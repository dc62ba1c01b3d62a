public import Transport

/// Upper bounds of a histogram's buckets, in microseconds.
public enum MetricBuckets: Sendable {
    /// A millisecond to ten seconds, for what waits for an application.
    case long
    /// 50 microseconds to a quarter of a second, for what is ours.
    case short
    /// 25 milliseconds to five seconds, for what is slow on purpose.
    case slow

    /// The bounds; one more bucket takes what is above.
    public var bounds: [UInt64] {
        switch self {
        case .long:
            [1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000]
                + [1_000_000, 2_500_000, 5_000_000, 10_000_000]
        case .short: DurationCounts.bounds.map { UInt64($0) }
        case .slow: [25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000]
        }
    }

    /// Cells of one histogram: its buckets and the sum.
    var width: Int { bounds.count + 2 }

    /// The bucket of `microseconds` in `long`.
    @inlinable
    static func long(_ microseconds: UInt64) -> Int {
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

    /// The bucket of `microseconds` in `short`.
    @inlinable
    static func short(_ microseconds: UInt64) -> Int { DurationCounts.place(Int64(clamping: microseconds)) }

    /// The bucket of `microseconds` in `slow`.
    @inlinable
    static func slow(_ microseconds: UInt64) -> Int {
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
