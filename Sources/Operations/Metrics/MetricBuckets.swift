import Transport

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
}
