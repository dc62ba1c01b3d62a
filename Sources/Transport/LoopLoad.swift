/// How busy a loop has been since it was made.
public struct LoopLoad: Sendable {
    /// Upper bounds of `turns` in microseconds; one more place is for what took longer.
    public static let bounds: [Int64] = [
        50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000,
    ]
    /// Turns by how long they took, from the end of one wait to the beginning of the next: as long as that, nobody
    /// else was served.
    public private(set) var turns = InlineArray<13, UInt64>(repeating: 0)
    /// Microseconds of all turns.
    public private(set) var busy: Int64 = 0

    init() {}

    mutating func note(_ microseconds: Int64) {
        let took = max(0, microseconds)
        busy &+= took
        turns[Self.place(took)] &+= 1
    }

    private static func place(_ microseconds: Int64) -> Int {
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
