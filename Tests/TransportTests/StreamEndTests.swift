import Glibc
import Testing

@testable import Transport

/// How streams end: either direction, all at once, by failure.
@Suite struct StreamEndTests {
    private func start(tcp: Bool = false) throws -> (EventLoop, Pair, Recorder) {
        let loop = try EventLoop()
        let pair = try Pair(loop, tcp: tcp)
        let recorder = Recorder()
        pair.stream.handler = recorder
        return (loop, pair, recorder)
    }

    // MARK: One direction

    @Test(arguments: [false, true])
    func `the peer's end is told once, after its bytes, and output goes on`(tcp: Bool) throws {
        let (loop, pair, recorder) = try start(tcp: tcp)
        pair.peer.write([1, 2])
        pair.peer.endOutput()

        #expect(loop.run { recorder.count("end") > 0 })
        let ticks = loop.ticks(within: 100)
        pair.stream.write("still here")
        pair.peer.read()

        #expect(ticks <= 4)
        #expect(recorder.events == ["readable", "end"])
        #expect(recorder.received == [1, 2])
        #expect(pair.stream.hasEnded)
        #expect(pair.peer.received == Array("still here".utf8))
        pair.stream.close()
    }

    @Test(arguments: [false, true])
    func `our end comes after everything was flushed, and input goes on`(tcp: Bool) throws {
        let (loop, pair, recorder) = try start(tcp: tcp)
        let bytes = [UInt8](repeating: 9, count: 6_000_000)
        pair.stream.write(bytes)
        #expect(pair.stream.pendingOutput > 0)

        pair.stream.endOutput()
        pair.stream.write("too late")
        #expect(loop.run { pair.peer.read() >= 0 ? pair.peer.hasEnded : false })
        pair.peer.write([5])

        #expect(pair.peer.received == bytes)
        #expect(loop.run { recorder.received == [5] })
        pair.stream.close()
    }

    @Test func `both directions end without a sound until the stream is closed`() throws {
        let (loop, pair, recorder) = try start(tcp: true)
        pair.stream.endOutput()
        pair.peer.endOutput()

        #expect(loop.run { recorder.count("end") == 1 })
        #expect(loop.ticks(within: 200) <= 6)
        pair.peer.read()

        #expect(pair.peer.hasEnded)
        #expect(recorder.events == ["end"])
        #expect(pair.stream.isOpen)
        pair.stream.close()
        #expect(!pair.stream.isOpen)
    }

    // MARK: Hang-ups that nobody reads

    @Test func `a peer that is gone does not spin the loop while the stream is paused`() throws {
        let (loop, pair, recorder) = try start()
        pair.stream.pause()
        pair.peer.write([1, 2, 3])
        pair.peer.close()

        #expect(loop.ticks(within: 200) <= 8)
        #expect(recorder.events.isEmpty)
        pair.stream.resume()

        #expect(loop.run { recorder.count("end") == 1 })
        #expect(recorder.received == [1, 2, 3])
        #expect(loop.ticks(within: 200) <= 8)
        pair.stream.close()
    }

    @Test func `a peer that is gone does not spin the loop while the input is full`() throws {
        let loop = try EventLoop()
        let pair = try Pair(loop, pool: BufferPool(blockSize: 1024, limit: 2))
        let recorder = Recorder()
        recorder.consumes = false
        pair.stream.handler = recorder
        let bytes = [UInt8](repeating: 3, count: 3_000)
        pair.peer.write(bytes)
        pair.peer.close()
        #expect(loop.run { pair.stream.isInputFull })

        #expect(loop.ticks(within: 200) <= 8)
        recorder.consumes = true
        pair.stream.consume(1024)

        #expect(loop.run { recorder.count("end") == 1 })
        #expect(recorder.received.count == 2_000 - 24)
        #expect(loop.ticks(within: 200) <= 8)
        pair.stream.close()
    }

    @Test func `a reset ends a paused stream`() throws {
        let (loop, pair, recorder) = try start(tcp: true)
        pair.stream.pause()
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(
            pair.peer.descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        pair.peer.close()

        #expect(loop.run { recorder.hasFailed })
        #expect(recorder.events == ["failure \(ECONNRESET)"])
        #expect(!pair.stream.isOpen)
    }

    // MARK: Closing after a flush

    @Test func `a stream that closes after a flush sends everything, then ends`() throws {
        let (loop, pair, recorder) = try start()
        let bytes = [UInt8](repeating: 9, count: 1_000_000)
        pair.stream.write(bytes)

        pair.stream.closeAfterFlush(lingering: false)
        #expect(pair.stream.handler == nil)
        pair.stream.write("too late")
        #expect(loop.run { pair.peer.read() >= 0 ? pair.peer.hasEnded : false })

        #expect(pair.peer.received == bytes)
        #expect(recorder.events == ["closed"])
    }

    @Test func `with nothing to flush it closes at once`() throws {
        let (loop, pair, recorder) = try start()

        pair.stream.closeAfterFlush(lingering: false)
        loop.tick(limit: 0)

        #expect(recorder.events == ["closed"])
        #expect(pair.peer.read() == 0)
    }

    /// RFC 9112, 9.6: bytes that were not read would make the kernel send a reset, which destroys the reply.
    @Test func `a lingering stream reads what still comes, so that the reply arrives`() throws {
        let (loop, pair, recorder) = try start(tcp: true)
        pair.stream.pause()
        pair.peer.write([UInt8](repeating: 1, count: 50_000))
        pair.stream.write("the reply")

        pair.stream.closeAfterFlush(lingering: true)
        _ = loop.ticks(within: 100)
        pair.peer.write([UInt8](repeating: 1, count: 50_000))
        _ = loop.ticks(within: 100)
        while pair.peer.read() > 0 {}

        #expect(pair.peer.received == Array("the reply".utf8))
        #expect(pair.peer.hasEnded)
        #expect(pair.peer.failure == 0)
        #expect(recorder.events.isEmpty)
        pair.peer.close()
        #expect(loop.run { recorder.events == ["closed"] })
    }

    @Test func `a lingering stream stops at its budget, however much comes`() throws {
        let (loop, pair, recorder) = try start()
        pair.stream.closeAfterFlush(lingering: true)
        let block = [UInt8](repeating: 1, count: 50_000)
        var sent = 0

        #expect(
            loop.run {
                sent += pair.peer.write(block)
                return recorder.events == ["closed"]
            })

        #expect(sent < 3 << 20)
    }

    @Test func `a lingering stream whose peer stays still closes after two seconds`() throws {
        let (loop, pair, recorder) = try start()
        let start = Clock.monotonicMilliseconds()
        pair.stream.closeAfterFlush(lingering: true)

        #expect(loop.run { recorder.events == ["closed"] })

        let passed = Clock.monotonicMilliseconds() - start
        #expect(passed >= 1_900 && passed < 4_000)
    }

    @Test func `a stream that the peer ended does not linger`() throws {
        let (loop, pair, recorder) = try start()
        pair.peer.endOutput()
        #expect(loop.run { recorder.count("end") == 1 })

        pair.stream.closeAfterFlush(lingering: true)

        #expect(recorder.events == ["end", "closed"])
    }

    // MARK: At once

    @Test func `a closed stream is silent and gives its buffers back`() throws {
        let (loop, pair, recorder) = try start()
        recorder.consumes = false
        pair.peer.write([1])
        #expect(loop.run { pair.stream.input != nil })
        pair.stream.write([UInt8](repeating: 9, count: 1_000_000))

        pair.stream.close()
        pair.stream.close()
        pair.stream.write("nothing")
        pair.stream.endOutput()
        pair.stream.flush()
        pair.stream.consume(0)
        pair.stream.closeAfterFlush(lingering: true)
        _ = loop.ticks(within: 50)

        #expect(recorder.events == ["readable"])
        #expect(pair.stream.input == nil)
        #expect(pair.stream.pendingOutput == 0)
        #expect(!pair.stream.isOpen)
    }

    @Test func `an aborted stream resets the connection`() throws {
        let (loop, pair, recorder) = try start(tcp: true)
        pair.stream.write("half a")
        pair.stream.abort()
        loop.tick(limit: 0)

        while pair.peer.read() > 0 {}

        #expect(pair.peer.failure == ECONNRESET)
        #expect(recorder.events.isEmpty)
    }

    @Test func `a handler may close the stream from within each call`() throws {
        for event in ["readable", "end", "drained"] {
            let (loop, pair, recorder) = try start()
            recorder.then = { if $0 == event { $1.close() } }
            pair.stream.write([UInt8](repeating: 9, count: 1_000_000))
            pair.peer.write([1])
            pair.peer.endOutput()

            #expect(
                loop.run {
                    pair.peer.read()
                    return !pair.stream.isOpen
                })

            #expect(recorder.events.last == event)
        }
    }

    // MARK: Failures

    @Test(arguments: [false, true])
    func `a failed write is told at the end of the tick, never within the call`(inTwoParts: Bool) throws {
        let (loop, pair, recorder) = try start()
        pair.stream.pause()
        pair.peer.close()

        if inTwoParts {
            [UInt8](repeating: 1, count: 4).withUnsafeBytes { pair.stream.write($0, $0) }
        } else {
            pair.stream.write("nobody reads")
        }
        pair.stream.write("nor this")
        #expect(recorder.events.isEmpty)
        #expect(pair.stream.pendingOutput == 0)
        loop.tick(limit: 0)

        #expect(recorder.events == ["failure \(EPIPE)"])
        #expect(!pair.stream.isOpen)
    }

    @Test func `a stream that fails while it flushes to close tells that it has closed`() throws {
        let (loop, pair, recorder) = try start()
        pair.stream.write([UInt8](repeating: 9, count: 1_000_000))
        pair.stream.closeAfterFlush(lingering: false)

        pair.peer.close()

        #expect(loop.run { !recorder.events.isEmpty })
        #expect(recorder.events == ["closed"])
    }

    @Test func `what came before a write failed is told when a paused stream goes on`() throws {
        let (loop, pair, recorder) = try start()
        pair.stream.pause()
        pair.peer.write(Array("last words".utf8))
        pair.peer.close()

        pair.stream.write("nobody reads")
        #expect(loop.ticks(within: 100) <= 6)
        #expect(recorder.events.isEmpty)
        pair.stream.resume()
        #expect(loop.run { recorder.hasFailed })

        #expect(recorder.received == Array("last words".utf8))
        #expect(!pair.stream.isOpen)
    }

    @Test func `what came before a write failed is still told`() throws {
        let (loop, pair, recorder) = try start()
        pair.peer.write(Array("last words".utf8))
        pair.peer.close()

        pair.stream.write("nobody reads")
        #expect(loop.run { recorder.hasFailed || recorder.count("end") > 0 })

        #expect(recorder.received == Array("last words".utf8))
        pair.stream.close()
    }
}
