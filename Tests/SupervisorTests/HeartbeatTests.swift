import Testing

@testable import Supervisor

@Suite struct HeartbeatTests {
    @Test func `a worker that answers is asked with every tick and never counts as stuck`() {
        var heartbeat = Heartbeat()

        for _ in 0..<100 {
            let (asked, stuck) = heartbeat.tick([7])
            heartbeat.onAnswer(7)
            #expect(asked == [7])
            #expect(stuck.isEmpty)
        }
    }

    @Test func `a silent worker is asked once and counts as stuck after the limit`() {
        var heartbeat = Heartbeat()

        let ticks = (1...Heartbeat.limit + 2).map { _ in heartbeat.tick([7]) }

        #expect(ticks.map(\.asked) == [[7]] + Array(repeating: [], count: Heartbeat.limit + 1))
        #expect(ticks.firstIndex { $0.stuck == [7] } == Heartbeat.limit)
    }

    @Test func `a late answer counts, and each worker is asked for itself`() {
        var heartbeat = Heartbeat()
        for _ in 0..<Heartbeat.limit { _ = heartbeat.tick([1, 2]) }

        heartbeat.onAnswer(1)
        let (asked, stuck) = heartbeat.tick([1, 2])

        #expect(asked == [1])
        #expect(stuck == [2])
    }

    @Test func `a worker that is gone is forgotten, and its late answer too`() {
        var heartbeat = Heartbeat()
        for _ in 0..<Heartbeat.limit { _ = heartbeat.tick([1]) }
        _ = heartbeat.tick([])
        heartbeat.onAnswer(1)

        let (asked, stuck) = heartbeat.tick([1])

        #expect(asked == [1])
        #expect(stuck.isEmpty)
    }
}
