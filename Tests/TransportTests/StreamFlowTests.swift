import Glibc
import RandomTestSupport
import Testing

@testable import Transport

/// Bytes through a stream, and who waits for whom.
@Suite struct StreamFlowTests {
    @Test func `what the peer sends is read, what is written arrives`() throws {
        let loop = try EventLoop()
        let pair = try Pair(loop)
        let recorder = Recorder()
        pair.stream.handler = recorder

        pair.stream.write("to the peer")
        pair.peer.write(Array("from the peer".utf8))
        #expect(loop.run { recorder.received.count == 13 })
        pair.peer.read()

        #expect(recorder.received == Array("from the peer".utf8))
        #expect(pair.peer.received == Array("to the peer".utf8))
        #expect(pair.stream.bytesSent == 11)
        #expect(pair.stream.bytesReceived == 13)
        #expect(pair.stream.input == nil)
        pair.stream.close()
    }

    @Test func `two parts are written in order, and enqueued bytes before what is written after them`() throws
    {
        let loop = try EventLoop()
        let pair = try Pair(loop)

        pair.stream.write(UnsafeRawBufferPointer(start: nil, count: 0))
        Array("ab".utf8).withUnsafeBytes { first in
            Array("cd".utf8).withUnsafeBytes { pair.stream.write(first, $0) }
        }
        Array("ef".utf8).withUnsafeBytes { pair.stream.enqueue($0) }
        pair.stream.write("gh")
        let buffer = ByteBuffer(capacity: 2)
        buffer.append("ij")
        pair.stream.write(buffer)
        #expect(buffer.isEmpty)
        #expect(pair.stream.pendingOutput == 6)
        pair.stream.flush()

        pair.peer.read()
        #expect(pair.peer.received == Array("abcdefghij".utf8))
        #expect(pair.stream.pendingOutput == 0)
        pair.stream.close()
    }

    @Test func `enqueued bytes wait for the flush`() throws {
        let loop = try EventLoop()
        let pair = try Pair(loop)

        Array("ab".utf8).withUnsafeBytes { pair.stream.enqueue($0) }
        loop.tick(limit: 0)
        #expect(pair.peer.read() < 0)
        pair.stream.flush()

        #expect(pair.peer.read() == 2)
        pair.stream.close()
    }

    @Test(arguments: [false, true])
    func `a source that stops at high water is told to go on, and what waits stays bounded`(tcp: Bool) throws
    {
        let loop = try EventLoop()
        let pair = try Pair(loop, tcp: tcp)
        let recorder = Recorder()
        pair.stream.handler = recorder
        let block = [UInt8](repeating: 7, count: 10_000)
        let total = 20_000_000
        var written = 0
        var most = 0
        let pump = {
            while written < total && !pair.stream.isAboveHighWater {
                pair.stream.write(block)
                written += block.count
            }
            most = max(most, pair.stream.pendingOutput)
        }
        recorder.then = { event, _ in if event == "drained" { pump() } }

        pump()
        #expect(written < total)
        #expect(pair.stream.isAboveHighWater)
        #expect(
            loop.run {
                while pair.peer.read() > 0 {}
                return pair.peer.received.count == total
            })

        #expect(most <= Stream.highWater + block.count)
        #expect(recorder.count("drained") > 1)
        #expect(pair.peer.received.allSatisfy { $0 == 7 })
        pair.stream.close()
    }

    @Test func `nothing is drained that nobody waits for`() throws {
        let loop = try EventLoop()
        let pair = try Pair(loop)
        let recorder = Recorder()
        pair.stream.handler = recorder

        pair.stream.write("short")
        _ = loop.ticks(within: 30)

        #expect(recorder.events.isEmpty)
        pair.stream.close()
    }

    @Test(arguments: 0..<8)
    func `a large transfer both ways is exact whatever the sizes of reads and writes`(seed: Int) throws {
        var random = SeededRandom(seed)
        let loop = try EventLoop()
        let pair = try Pair(loop, tcp: seed % 2 == 1)
        let recorder = Recorder()
        pair.stream.handler = recorder
        let down = random.bytes(600_000)
        let up = random.bytes(600_000)
        var sent = 0
        var written = 0

        let isDone = loop.run {
            let size = Int.random(in: 1...40_000, using: &random)
            if !pair.stream.isAboveHighWater && written < down.count {
                let end = min(written + size, down.count)
                let middle = Int.random(in: written...end, using: &random)
                down.withUnsafeBytes {
                    pair.stream.write(
                        UnsafeRawBufferPointer(rebasing: $0[written..<middle]),
                        UnsafeRawBufferPointer(rebasing: $0[middle..<end]))
                }
                written = end
            }
            sent += pair.peer.write(up[sent..<min(sent + size, up.count)])
            pair.peer.read(Int.random(in: 1...60_000, using: &random))
            switch Int.random(in: 0..<10, using: &random) {
            case 0: pair.stream.pause()
            case 1...5: pair.stream.resume()
            default: break
            }
            return recorder.received.count == up.count && pair.peer.received.count == down.count
        }

        #expect(isDone)
        #expect(recorder.received == up)
        #expect(pair.peer.received == down)
        #expect(pair.stream.bytesSent == down.count)
        #expect(pair.stream.bytesReceived == up.count)
        pair.stream.close()
    }

    @Test func `reading stops while the input is full and goes on when there is room`() throws {
        let loop = try EventLoop()
        let pair = try Pair(loop, pool: BufferPool(blockSize: 4096, limit: 2))
        let recorder = Recorder()
        recorder.consumes = false
        pair.stream.handler = recorder
        let bytes = (0..<20_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
        #expect(pair.peer.write(bytes) == bytes.count)

        #expect(loop.run { pair.stream.isInputFull })
        let ticks = loop.ticks(within: 200)

        #expect(ticks <= 6)
        #expect(pair.stream.bytesReceived == 4096)
        recorder.consumes = true
        var all = Array(try #require(pair.stream.input).readable)
        pair.stream.consume(all.count)
        #expect(loop.run { pair.stream.bytesReceived == bytes.count })
        all += recorder.received
        #expect(all == bytes)
        pair.stream.close()
    }

    @Test func `a paused stream reads nothing until it goes on`() throws {
        let loop = try EventLoop()
        let pair = try Pair(loop)
        let recorder = Recorder()
        pair.stream.handler = recorder
        pair.stream.pause()
        pair.peer.write([1, 2, 3])

        #expect(loop.ticks(within: 100) <= 4)
        #expect(recorder.events.isEmpty)
        pair.stream.resume()

        #expect(loop.run { recorder.received == [1, 2, 3] })
        pair.stream.close()
    }

    @Test func `the input buffer goes back to the pool when everything was consumed`() throws {
        let loop = try EventLoop()
        let pool = BufferPool(blockSize: 4096, limit: 2)
        let pair = try Pair(loop, pool: pool)
        let recorder = Recorder()
        pair.stream.handler = recorder
        let buffer = pool.take()
        pool.give(buffer)

        pair.peer.write([1])
        #expect(loop.run { !recorder.received.isEmpty })

        #expect(pool.take() === buffer)
        pair.stream.close()
    }
}
