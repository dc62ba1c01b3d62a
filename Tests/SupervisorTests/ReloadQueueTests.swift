import Testing

@testable import Supervisor

@Suite struct ReloadQueueTests {
    static func verdict(_ generation: Int) -> ReloadVerdict {
        ReloadVerdict(status: 0, generation: generation, message: "")
    }

    @Test func `those who ask while a reload runs get the verdict of the next one, together`() {
        var queue = ReloadQueue()
        var heard: [String] = []

        let first = queue.request { heard.append("a\($0.generation)") }
        let second = queue.request { heard.append("b\($0.generation)") }
        let third = queue.request { heard.append("c\($0.generation)") }
        let one = queue.finish()
        for waiter in one.waiters { waiter(Self.verdict(2)) }
        let two = queue.finish()
        for waiter in two.waiters { waiter(Self.verdict(3)) }

        #expect([first, second, third] == [true, false, false])
        #expect(one.startsNext)
        #expect(!two.startsNext)
        #expect(heard == ["a2", "b3", "c3"])
    }

    @Test func `a queue at rest starts at once`() {
        var queue = ReloadQueue()

        for _ in 0..<3 {
            let starts = queue.request()
            let end = queue.finish()
            #expect(starts)
            #expect(!end.startsNext)
            #expect(!queue.isRunning)
        }
    }
}
