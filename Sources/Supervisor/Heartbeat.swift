/// Asks workers whether they are still there, once a tick, and finds those that do not answer.
///
/// Ticks are counted, not time: while the whole machine stood still, nobody could have answered.
struct Heartbeat {
    /// Ticks without an answer after which a worker counts as stuck. Its loop never blocks, so that even a
    /// hundredth of it would be much; a debugger or a machine short of CPU may hold it a while.
    static let limit = 10

    /// Ticks since the question that is open; 0 = answered.
    private var waiting: [Int: Int] = [:]

    /// A tick has passed, and `workers` are those that should answer: who is to be asked, and who is stuck.
    mutating func tick(_ workers: [Int]) -> (asked: [Int], stuck: [Int]) {
        var next: [Int: Int] = [:]
        for id in workers { next[id] = (waiting[id] ?? 0) + 1 }
        waiting = next
        return (workers.filter { next[$0] == 1 }, workers.filter { (next[$0] ?? 0) > Self.limit })
    }

    /// The worker has answered.
    mutating func onAnswer(_ id: Int) { if waiting[id] != nil { waiting[id] = 0 } }
}
