import RandomTestSupport
import Testing

@testable import Transport

@Suite struct ByteBufferTests {
    private static func content(_ buffer: ByteBuffer) -> [UInt8] { Array(buffer.readable) }

    @Test func `bytes come out as they went in`() {
        let buffer = ByteBuffer(capacity: 4)

        buffer.append([1, 2, 3])
        buffer.append(UInt8(4))
        buffer.append(text: "five")
        buffer.append("six")
        [7, 8].withUnsafeBytes { buffer.append($0) }

        let words = [7, 8].withUnsafeBytes { Array($0) }
        #expect(Self.content(buffer) == [1, 2, 3, 4] + Array("fivesix".utf8) + words)
    }

    @Test func `an empty buffer has no bytes and takes nothing in`() {
        let buffer = ByteBuffer(capacity: 0)

        buffer.append([])
        buffer.append(text: "")
        buffer.append("")
        buffer.append(UnsafeRawBufferPointer(start: nil, count: 0))
        buffer.consume(0)
        buffer.truncate(to: 0)
        buffer.compact()

        #expect(buffer.isEmpty)
        #expect(buffer.count == 0)
        #expect(buffer.capacity == 1)
    }

    @Test func `what was consumed makes room without growth`() {
        let buffer = ByteBuffer(capacity: 8)
        buffer.append([1, 2, 3, 4, 5, 6, 7, 8])

        buffer.consume(6)
        buffer.append([9, 10, 11, 12, 13, 14])

        #expect(Self.content(buffer) == [7, 8, 9, 10, 11, 12, 13, 14])
        #expect(buffer.capacity == 8)
    }

    @Test func `content can be changed in place and taken back from the end`() {
        let buffer = ByteBuffer(capacity: 8)
        buffer.append([1, 2, 3, 4])
        buffer.consume(1)

        buffer.mutableReadable[0] = 20
        buffer.truncate(to: 2)
        buffer.append([5])

        #expect(Self.content(buffer) == [20, 3, 5])
    }

    @Test(arguments: [
        0, 1, 9, 10, 11, 99, 100, 4_294_967_296, -1, -10, Int.max, Int.min, Int.min + 1,
    ])
    func `a number is written in decimal digits`(number: Int) {
        let buffer = ByteBuffer(capacity: 1)

        buffer.append(decimal: number)
        buffer.append(UInt8(ascii: "."))

        #expect(Self.content(buffer) == Array("\(number).".utf8))
    }

    @Test(arguments: [0, 1, 9, 10, 15, 16, 255, 256, 65_535, 0x1234_5678_9abc_def0, Int.max, -1, Int.min])
    func `a number is written in lower-case hexadecimal digits`(number: Int) {
        let buffer = ByteBuffer(capacity: 1)

        buffer.append(hexadecimal: number)
        buffer.append(UInt8(ascii: "."))

        let digits = String(UInt(bitPattern: number), radix: 16)
        #expect(Self.content(buffer) == Array("\(digits).".utf8))
    }

    @Test func `random numbers are written as their digits`() {
        var random = SeededRandom(1)
        let buffer = ByteBuffer(capacity: 3)
        var expected: [UInt8] = []

        for _ in 0..<2_000 {
            let number = Int(truncatingIfNeeded: random.next()) >> Int.random(in: 0..<64, using: &random)
            buffer.append(decimal: number)
            buffer.append(hexadecimal: abs(number >> 1))
            expected += Array("\(number)".utf8) + Array(String(abs(number >> 1), radix: 16).utf8)
        }

        #expect(Self.content(buffer) == expected)
    }

    @Test(arguments: 0..<40)
    func `any schedule of calls leaves the bytes that an array would hold`(seed: Int) {
        var random = SeededRandom(seed)
        let buffer = ByteBuffer(capacity: Int.random(in: 1...64, using: &random))
        var model: [UInt8] = []

        for step in 0..<2_000 {
            switch Int.random(in: 0..<9, using: &random) {
            case 0, 1:
                let bytes = random.bytes(Int.random(in: 0...40, using: &random))
                buffer.append(bytes)
                model += bytes
            case 2:
                let byte = UInt8.random(in: 0...255, using: &random)
                buffer.append(byte)
                model.append(byte)
            case 3, 4, 5:
                let count = Int.random(in: 0...min(model.count, 60), using: &random)
                buffer.consume(count)
                model.removeFirst(count)
            case 6:
                let count = max(0, model.count - Int.random(in: 0...5, using: &random))
                buffer.truncate(to: count)
                model.removeLast(model.count - count)
            case 7: buffer.reserve(Int.random(in: 0...100, using: &random))
            default:
                if Int.random(in: 0..<50, using: &random) == 0 {
                    buffer.removeAll()
                    model = []
                } else {
                    buffer.compact()
                }
            }
            guard Self.content(buffer) == model, buffer.count == model.count, buffer.capacity >= model.count
            else {
                Issue.record("differs after step \(step)")
                return
            }
        }
    }
}

@Suite struct BufferPoolTests {
    @Test func `a buffer is used again, empty`() {
        let pool = BufferPool(blockSize: 64, limit: 2)
        let first = pool.take()
        first.append([1, 2, 3])

        pool.give(first)
        let second = pool.take()

        #expect(second === first)
        #expect(second.isEmpty)
    }

    @Test func `a buffer that grew is not kept, and no more than the limit are`() {
        let pool = BufferPool(blockSize: 8, limit: 1)
        let grown = pool.take()
        let plain = pool.take()
        let surplus = pool.take()
        grown.append([UInt8](repeating: 1, count: 9))

        pool.give(grown)
        pool.give(plain)
        pool.give(surplus)

        #expect(pool.take() === plain)
        let fresh = pool.take()
        #expect(fresh !== surplus && fresh !== grown)
        #expect(fresh.capacity == 8)
    }
}
