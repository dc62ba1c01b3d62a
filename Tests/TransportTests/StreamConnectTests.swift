import Glibc
import Testing

@testable import Transport

@Suite struct StreamConnectTests {
    private func listener() throws -> (descriptor: Int32, address: SocketAddress) {
        let address = try #require(SocketAddress(literal: "127.0.0.1", port: 0))
        let descriptor = try Sockets.listen(address, backlog: 8)
        let bound = try #require(Sockets.localAddress(descriptor.number))
        return (descriptor.release(), bound)
    }

    @Test func `a connect is told, and what was written before it arrives`() throws {
        let loop = try EventLoop()
        let (descriptor, address) = try listener()
        defer { close(descriptor) }
        let stream = try Stream(
            loop: loop, connectingTo: address, pool: BufferPool(blockSize: 4096, limit: 2))
        let recorder = Recorder()
        stream.handler = recorder
        #expect(stream.isConnecting)

        stream.write("early ")
        recorder.then = { if $0 == "connected" { $1.write("late") } }
        #expect(loop.run { recorder.count("connected") == 1 && stream.pendingOutput == 0 })

        let peer = Peer(accept(descriptor, nil, nil))
        peer.read()
        #expect(peer.received == Array("early late".utf8))
        #expect(!stream.isConnecting)
        stream.close()
    }

    @Test func `an end that was asked for before the connect follows it`() throws {
        let loop = try EventLoop()
        let (descriptor, address) = try listener()
        defer { close(descriptor) }
        let stream = try Stream(
            loop: loop, connectingTo: address, pool: BufferPool(blockSize: 4096, limit: 2))
        stream.write("all")
        stream.endOutput()

        let peer = Peer(accept(descriptor, nil, nil))
        #expect(loop.run { peer.read() == 0 })

        #expect(peer.received == Array("all".utf8))
        stream.close()
    }

    @Test func `a refused connect is a failure of the stream`() throws {
        let loop = try EventLoop()
        let (descriptor, address) = try listener()
        close(descriptor)
        let stream = try Stream(
            loop: loop, connectingTo: address, pool: BufferPool(blockSize: 4096, limit: 2))
        let recorder = Recorder()
        stream.handler = recorder
        stream.write("nobody")

        #expect(loop.run { !recorder.events.isEmpty })

        #expect(recorder.events == ["failure \(ECONNREFUSED)"])
        #expect(!stream.isOpen)
        #expect(stream.pendingOutput == 0)
    }

    @Test func `a unix socket that nobody listens on is refused at once`() throws {
        let loop = try EventLoop()
        let address = try #require(SocketAddress(unixPath: temporaryPath("nobody")))

        #expect {
            _ = try Stream(loop: loop, connectingTo: address, pool: BufferPool(blockSize: 4096, limit: 2))
        } throws: {
            ($0 as? SystemError)?.code == ENOENT
        }
    }

    @Test func `a stream may be closed while it connects`() throws {
        let loop = try EventLoop()
        let (descriptor, address) = try listener()
        defer { close(descriptor) }
        let stream = try Stream(
            loop: loop, connectingTo: address, pool: BufferPool(blockSize: 4096, limit: 2))
        let recorder = Recorder()
        stream.handler = recorder

        stream.close()
        _ = loop.ticks(within: 50)

        #expect(recorder.events.isEmpty)
    }

    @Test func `a stream that closes after a flush while it connects sends what it has first`() throws {
        let loop = try EventLoop()
        let (descriptor, address) = try listener()
        defer { close(descriptor) }
        let stream = try Stream(
            loop: loop, connectingTo: address, pool: BufferPool(blockSize: 4096, limit: 2))
        let recorder = Recorder()
        stream.handler = recorder
        stream.write("all")
        stream.closeAfterFlush(lingering: false)

        let peer = Peer(accept(descriptor, nil, nil))
        #expect(loop.run { peer.read() == 0 })

        #expect(peer.received == Array("all".utf8))
        #expect(recorder.events == ["closed"])
    }
}
