import RandomTestSupport
import Testing

@testable import Transport

@Suite struct InputBlockTests {
    static func content(_ block: InputBlock) -> [UInt8] {
        Array(block.view?.readable ?? .init(start: nil, count: 0))
    }

    @Test func `the writable space is all there is once it was compacted`() {
        let pool = BufferPool(blockSize: 8, limit: 2)
        var block = InputBlock()
        block.writable(pool).copyBytes(from: [1, 2, 3, 4, 5])
        block.commit(5, pool)
        block.consume(3, pool)

        let target = block.writable(pool)
        #expect(target.count == 6)
        target.copyBytes(from: [6, 7, 8])
        block.commit(3, pool)

        #expect(Self.content(block) == [4, 5, 6, 7, 8])
        block.release(pool)
    }

    @Test func `a full block has no room, and what was consumed makes some`() {
        let pool = BufferPool(blockSize: 8, limit: 2)
        var block = InputBlock()
        block.writable(pool).copyBytes(from: [1, 2, 3, 4, 5, 6, 7, 8])
        block.commit(8, pool)
        #expect(block.count == pool.blockSize)
        #expect(block.writable(pool).isEmpty)

        block.consume(6, pool)

        #expect(block.writable(pool).count == 6)
        #expect(Self.content(block) == [7, 8])
        block.release(pool)
    }

    @Test func `an emptied block goes back to its pool and is used again`() {
        let pool = BufferPool(blockSize: 8, limit: 2)
        var first = InputBlock()
        let address = first.writable(pool).baseAddress
        first.commit(2, pool)

        first.consume(2, pool)
        var second = InputBlock()

        #expect(first.view == nil)
        #expect(second.writable(pool).baseAddress == address)
        second.release(pool)
    }

    @Test(arguments: 0..<40)
    func `any schedule of calls leaves the bytes that an array would hold`(seed: Int) {
        var random = SeededRandom(seed)
        let pool = BufferPool(blockSize: Int.random(in: 1...64, using: &random), limit: 2)
        var block = InputBlock()
        var model: [UInt8] = []

        for step in 0..<2_000 {
            if Bool.random(using: &random) {
                let bytes = random.bytes(Int.random(in: 0...40, using: &random))
                let target = block.writable(pool)
                guard target.count == pool.blockSize - model.count else {
                    Issue.record("the room differs at step \(step)")
                    return
                }
                let count = min(target.count, bytes.count)
                target.copyBytes(from: bytes[..<count])
                block.commit(count, pool)
                model += bytes[..<count]
            } else {
                let count = Int.random(in: 0...min(model.count, 60), using: &random)
                block.consume(count, pool)
                model.removeFirst(count)
            }
            guard Self.content(block) == model, block.count == model.count else {
                Issue.record("differs after step \(step)")
                return
            }
        }
        block.release(pool)
    }
}
