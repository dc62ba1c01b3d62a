import Glibc
import RandomTestSupport
import Testing

@testable import Transport

@Suite struct TLSStreamTests {
    private static let authority = try? TestCertificate(["authority"], isAuthority: true)
    private static let leaf = try? TestCertificate(["localhost", "127.0.0.1"], issuer: authority)

    private let scratch = TLSScratch()

    private func server(
        _ certificates: [TLSCertificate]? = nil, minimum: TLSVersion = .version12,
        tickets: TicketSecret? = nil
    ) throws -> TLSServerContext {
        try TLSServerContext(
            certificates: try certificates ?? [try #require(Self.leaf).loaded()], minimum: minimum,
            tickets: try tickets ?? TicketSecret(now: Clock.wallMilliseconds()), scratch: scratch)
    }

    private func client(_ name: String = "localhost", trust: TestCertificate? = nil) throws
        -> TLSClientContext
    {
        let trust = try #require(trust ?? Self.authority)
        return try TLSClientContext(
            name: name, trust: try TrustStore(pem: trust.certificate), scratch: scratch)
    }

    private func connected(
        _ loop: EventLoop, _ server: TLSServerContext? = nil, _ client: TLSClientContext? = nil,
        pool: BufferPool = BufferPool(blockSize: 16 << 10, limit: 8)
    ) throws -> TLSPair {
        let pair = try TLSPair(
            loop, try server ?? self.server(), try client ?? self.client(), pool: pool)
        try #require(
            loop.run {
                pair.serverSide.count("connected") == 1 && pair.clientSide.count("connected") == 1
                    || pair.clientSide.hasFailed
            })
        try #require(!pair.clientSide.hasFailed, "\(pair.client.trouble ?? "")")
        return pair
    }

    // MARK: Handshakes

    @Test func `two streams shake hands, and bytes go both ways`() throws {
        let loop = try EventLoop()
        let pair = try connected(loop)

        pair.client.write("to the server")
        pair.server.write("to the client")

        #expect(loop.run { pair.serverSide.received.count == 13 && pair.clientSide.received.count == 13 })
        #expect(pair.serverSide.received == Array("to the server".utf8))
        #expect(pair.clientSide.received == Array("to the client".utf8))
        #expect(pair.server.version == .version13)
        #expect(!pair.server.isResumed)
        pair.client.close()
        pair.server.close()
    }

    @Test func `what was written before the handshake follows it, and so does an end`() throws {
        let loop = try EventLoop()
        let pair = try TLSPair(loop, try server(), try client())
        #expect(pair.client.isConnecting)
        #expect(pair.server.isConnecting)

        pair.client.write("early")
        pair.client.endOutput()

        #expect(loop.run { pair.serverSide.count("end") == 1 })
        #expect(pair.serverSide.received == Array("early".utf8))
        #expect(!pair.server.isTruncated)
        pair.client.close()
        pair.server.close()
    }

    @Test func `the second connection takes up the session, also in another context with the same secret`()
        throws
    {
        let loop = try EventLoop()
        let tickets = try TicketSecret(now: Clock.wallMilliseconds())
        let ours = try client()
        for (round, context) in [try server(tickets: tickets), try server(tickets: tickets)].enumerated() {
            let pair = try connected(loop, context, ours)
            // The tickets come behind the handshake.
            pair.server.write("x")
            #expect(loop.run { pair.clientSide.received.count == 1 })
            #expect(pair.server.isResumed == (round > 0))
            #expect(pair.client.isResumed == (round > 0))
            pair.client.close()
            pair.server.close()
        }
    }

    @Test func `with another secret the handshake is a full one`() throws {
        let loop = try EventLoop()
        let ours = try client()
        for _ in 0..<2 {
            let pair = try connected(loop, try server(), ours)
            pair.server.write("x")
            #expect(loop.run { pair.clientSide.received.count == 1 })
            #expect(!pair.server.isResumed)
            pair.client.close()
            pair.server.close()
        }
    }

    @Test(arguments: [
        ("other.example", "certificate is not accepted: hostname mismatch"),
        ("127.0.0.2", "certificate is not accepted: IP address mismatch"),
    ])
    func `a certificate for somebody else is refused`(name: String, reason: String) throws {
        let loop = try EventLoop()
        let pair = try TLSPair(loop, try server(), try client(name))

        #expect(loop.run { pair.clientSide.hasFailed && pair.serverSide.hasFailed })

        #expect(pair.client.trouble?.contains(reason) == true, "\(pair.client.trouble ?? "")")
        #expect(pair.serverSide.count("connected") == 0)
        #expect(pair.clientSide.count("connected") == 0)
    }

    @Test func `an address is verified as one`() throws {
        let loop = try EventLoop()
        let pair = try connected(loop, nil, try client("127.0.0.1"))
        pair.client.close()
        pair.server.close()
    }

    @Test func `a certificate of an unknown issuer is refused`() throws {
        let loop = try EventLoop()
        let stranger = try TestCertificate(["authority"], isAuthority: true)
        let pair = try TLSPair(loop, try server(), try client(trust: stranger))

        #expect(loop.run { pair.clientSide.hasFailed })

        #expect(pair.client.trouble?.hasPrefix("the certificate is not accepted: ") == true)
    }

    @Test func `a peer that begins with text is told as such, and can be answered in text`() throws {
        let loop = try EventLoop()
        let raw = try RawTLSPeer(loop, try server())
        raw.recorder.then = { event, stream in
            if event == "plain text" {
                stream.write("not here")
                stream.closeAfterFlush(lingering: true)
            }
        }

        raw.peer.write(Array("GET / HTTP/1.1\r\n\r\n".utf8))

        #expect(loop.run { raw.peer.read() == 0 || raw.peer.hasEnded })
        #expect(raw.recorder.events.first == "plain text")
        #expect(raw.peer.received == Array("not here".utf8))
    }

    @Test(arguments: [
        [UInt8]([22, 3, 1, 0, 5, 1, 0, 0, 1, 0]), [UInt8](repeating: 0xff, count: 600), [0, 0, 0, 0, 0],
        [21, 3, 3, 0, 2, 2, 40], Array("get / http/1.1\r\n\r\n".utf8),
    ])
    func `garbage is a failure of the stream and of nothing else`(bytes: [UInt8]) throws {
        let loop = try EventLoop()
        let raw = try RawTLSPeer(loop, try server())

        raw.peer.write(bytes)
        raw.peer.endOutput()

        #expect(loop.run { raw.recorder.hasFailed })
        #expect(raw.recorder.count("connected") == 0)
        #expect(raw.stream.trouble != nil)
        #expect(!raw.stream.isOpen)
    }

    @Test(arguments: 0..<40)
    func `random bytes in a handshake never trap`(seed: Int) throws {
        var random = SeededRandom(seed)
        let loop = try EventLoop()
        let raw = try RawTLSPeer(loop, try server())
        let count = Int.random(in: 1...2_000, using: &random)
        var bytes = random.bytes(count)
        if Bool.random(using: &random) { bytes = [22, 3, 1, UInt8(count >> 8), UInt8(count & 255)] + bytes }

        raw.peer.write(bytes)
        raw.peer.endOutput()

        #expect(loop.run { raw.recorder.hasFailed || raw.recorder.count("plain text") == 1 })
        raw.stream.close()
    }

    // MARK: Ends

    @Test func `an end without a word is told as a cut`() throws {
        let loop = try EventLoop()
        let pair = try connected(loop)
        pair.server.write("half")
        #expect(loop.run { pair.clientSide.received.count == 4 })

        shutdown(pair.server.descriptor, Int32(SHUT_WR))

        #expect(loop.run { pair.clientSide.count("end") == 1 })
        #expect(pair.client.isTruncated)
        pair.client.close()
        pair.server.close()
    }

    @Test(arguments: [false, true])
    func `a close says that it is the end`(afterFlush: Bool) throws {
        let loop = try EventLoop()
        let pair = try connected(loop)

        pair.server.write("all")
        if afterFlush { pair.server.closeAfterFlush(lingering: false) } else { pair.server.close() }

        #expect(loop.run { pair.clientSide.count("end") == 1 })
        #expect(pair.clientSide.received == Array("all".utf8))
        #expect(!pair.client.isTruncated)
        pair.client.close()
    }

    @Test func `an abort does not`() throws {
        let loop = try EventLoop()
        let pair = try connected(loop)

        pair.server.abort()

        #expect(loop.run { pair.clientSide.hasFailed || pair.clientSide.count("end") == 1 })
        #expect(pair.clientSide.hasFailed || pair.client.isTruncated)
        pair.client.close()
    }

    @Test func `after our end the other direction goes on`() throws {
        let loop = try EventLoop()
        let pair = try connected(loop)

        pair.client.write("ask")
        pair.client.endOutput()
        #expect(loop.run { pair.serverSide.count("end") == 1 })
        pair.server.write("answer")

        #expect(loop.run { pair.clientSide.received.count == 6 })
        #expect(pair.clientSide.received == Array("answer".utf8))
        #expect(pair.serverSide.received == Array("ask".utf8))
        pair.client.close()
        pair.server.close()
    }

    // MARK: Flow

    @Test(arguments: 0..<12)
    func `bodies arrive whole, whatever the pieces and the pauses`(seed: Int) throws {
        var random = SeededRandom(seed)
        let loop = try EventLoop()
        let pair = try connected(
            loop, nil, nil, pool: BufferPool(blockSize: [1_024, 7_000, 65_536][seed % 3], limit: 8))
        let sent = [random.bytes(700_000), random.bytes(300_000)]
        var done = [0, 0]
        let streams = [pair.client, pair.server]

        let isDone = loop.run {
            for side in 0...1 {
                let stream = streams[side]
                while done[side] < sent[side].count, !stream.isAboveHighWater {
                    let first = min(Int.random(in: 0...40_000, using: &random), sent[side].count - done[side])
                    let second = min(
                        Int.random(in: 0...3_000, using: &random), sent[side].count - done[side] - first)
                    let middle = done[side] + first
                    sent[side].withUnsafeBytes { bytes in
                        stream.write(
                            UnsafeRawBufferPointer(rebasing: bytes[done[side]..<middle]),
                            UnsafeRawBufferPointer(rebasing: bytes[middle..<middle + second]))
                    }
                    done[side] = middle + second
                }
                if Int.random(in: 0..<4, using: &random) == 0 { stream.pause() } else { stream.resume() }
            }
            return pair.serverSide.received.count == sent[0].count
                && pair.clientSide.received.count == sent[1].count
        }

        #expect(isDone)
        #expect(pair.serverSide.received == sent[0])
        #expect(pair.clientSide.received == sent[1])
        pair.client.close()
        pair.server.close()
    }

    @Test func `what is behind a full input is told without another byte from the peer`() throws {
        let loop = try EventLoop()
        let pair = try connected(loop, nil, nil, pool: BufferPool(blockSize: 1_000, limit: 8))
        pair.serverSide.consumes = false
        pair.client.write([UInt8](repeating: 7, count: 2_500))
        pair.client.endOutput()
        #expect(loop.run { pair.server.isInputFull })
        let ticks = loop.ticks(within: 100)

        var taken = 0
        let isDone = loop.run {
            if let input = pair.server.input {
                taken += input.count
                pair.server.consume(input.count)
            }
            return pair.serverSide.count("end") == 1
        }

        #expect(isDone)
        #expect(ticks <= 4)
        #expect(taken == 2_500)
        pair.client.close()
        pair.server.close()
    }

    @Test func `a record that was changed on its way ends the stream`() throws {
        let loop = try EventLoop()
        let raw = try RawTLSPeer(loop, try server())
        let pair = try TLSRelay(loop, raw, try client())
        try #require(
            loop.run {
                pair.turn(); return raw.recorder.count("connected") == 1
            })

        pair.client.write("secret")
        pair.damages = true

        #expect(
            loop.run {
                pair.turn(); return raw.recorder.hasFailed
            })
        #expect(raw.recorder.received.isEmpty)
        #expect(raw.stream.trouble != nil)
    }
}

/// A TLS stream of the server's side and a raw peer.
final class RawTLSPeer {
    let stream: TLSStream
    let peer: Peer
    let recorder = Recorder()

    init(_ loop: EventLoop, _ context: TLSServerContext) throws {
        var ends: [Int32] = [-1, -1]
        socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends)
        Sockets.adopt(ends[0])
        stream = try TLSStream(
            loop: loop, connected: ends[0], pool: BufferPool(blockSize: 16 << 10, limit: 8), context: context)
        peer = Peer(ends[1])
        stream.handler = recorder
    }
}

/// A client's TLS stream whose bytes pass through the test's hands on their way to a raw peer.
final class TLSRelay {
    let client: TLSStream
    private let middle: Peer
    private let raw: RawTLSPeer
    private var seen = 0
    private var seenBack = 0
    var damages = false

    init(_ loop: EventLoop, _ raw: RawTLSPeer, _ context: TLSClientContext) throws {
        self.raw = raw
        let listener = try Sockets.listen(
            try #require(SocketAddress(literal: "127.0.0.1", port: 0)), backlog: 1)
        client = try TLSStream(
            loop: loop, connectingTo: try #require(Sockets.localAddress(listener.number)),
            pool: BufferPool(blockSize: 16 << 10, limit: 8), context: context)
        var accepted: Int32 = -1
        _ = loop.run {
            accepted = accept(listener.number, nil, nil)
            return accepted >= 0
        }
        middle = Peer(accepted)
    }

    func turn() {
        middle.read()
        var fresh = Array(middle.received[seen...])
        seen = middle.received.count
        if damages, let last = fresh.indices.last { fresh[last] ^= 1 }
        if !fresh.isEmpty { raw.peer.write(fresh) }
        raw.peer.read()
        let back = Array(raw.peer.received[seenBack...])
        seenBack = raw.peer.received.count
        if !back.isEmpty { middle.write(back) }
    }
}
