/// Durations, counted by how long they were: a histogram in plain memory, without a clock of its own.
public struct DurationCounts: Sendable {
    /// Upper bounds in microseconds; one more place is for what took longer.
    public static let bounds: [Int64] = [
        50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000,
    ]
    /// How many there were up to each bound.
    public private(set) var counts = InlineArray<13, UInt64>(repeating: 0)
    /// All of them together, in microseconds.
    public private(set) var sum: Int64 = 0

    /// None so far.
    public init() {}

    /// Counts a duration in microseconds; one below zero is none.
    @inlinable
    public mutating func note(_ microseconds: Int64) { add(max(0, microseconds)) }

    @usableFromInline
    mutating func add(_ took: Int64) {
        sum &+= took
        counts[Self.place(took)] &+= 1
    }

    /// Which of the bounds a duration in microseconds does not pass; the place behind the last for those above all.
    @inlinable
    public static func place(_ microseconds: Int64) -> Int {
        switch microseconds {
        case ...50: 0
        case ...100: 1
        case ...250: 2
        case ...500: 3
        case ...1_000: 4
        case ...2_500: 5
        case ...5_000: 6
        case ...10_000: 7
        case ...25_000: 8
        case ...50_000: 9
        case ...100_000: 10
        case ...250_000: 11
        default: 12
        }
    }
}
