import RandomTestSupport
import Testing

@testable import Redis

@Suite("RedisCommand, Ring and Backoff")
struct SmallPartsTests {
    @Test func `a command's arguments may hold any bytes`() {
        let command = RedisCommand("SET", [[UInt8]("%s%n\r\n".utf8), [0, 255], []])
        var wire: [UInt8] = []

        #expect(command.withWireForm { wire = [UInt8]($0) })

        let expected = "*4\r\n$3\r\nSET\r\n$6\r\n%s%n\r\n\r\n$2\r\n".utf8 + [0, 255] + "\r\n$0\r\n\r\n".utf8
        #expect(wire == [UInt8](expected))
    }

    @Test func `a ring keeps its order however it turns and grows`() {
        var random = SeededRandom(1)
        var ring = Ring<Int>()
        var model: [Int] = []
        for step in 0..<20_000 {
            if Int.random(in: 0..<100, using: &random) < (step < 10_000 ? 55 : 45) {
                ring.append(step)
                model.append(step)
            } else {
                #expect(ring.popFirst() == (model.isEmpty ? nil : model.removeFirst()))
            }
            #expect(ring.count == model.count)
            let index = Int.random(in: 0..<20, using: &random)
            #expect(ring[index] == (index < model.count ? model[index] : nil))
        }
    }

    @Test func `pauses grow, differ and never pass a second`() {
        var random = SeededRandom(1)
        var backoff = Backoff()

        let first = (0..<50).map { _ -> Int in
            backoff.reset()
            return backoff.next(using: &random)
        }
        let later = (0..<100).map { _ in backoff.next(using: &random) }

        #expect(first.allSatisfy { 25...50 ~= $0 })
        #expect(later.allSatisfy { 25...1000 ~= $0 })
        #expect(later.suffix(90).allSatisfy { $0 >= 500 })
        #expect(Set(later).count > 10)
    }
}
