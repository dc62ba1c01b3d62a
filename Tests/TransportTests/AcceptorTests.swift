import Glibc
import Testing

@testable import Transport

@Suite struct AcceptorTests {
    final class Receiver: AcceptReceiver {
        var peers: [SocketAddress] = []
        var descriptors: [Int32] = []
        var failures: [SystemError] = []
        var keeps = false

        func onAccept(_ acceptor: Acceptor, descriptor: Int32, peer: SocketAddress) {
            peers.append(peer)
            if keeps { descriptors.append(descriptor) } else { close(descriptor) }
        }
        func onAcceptFailure(_ acceptor: Acceptor, _ error: SystemError) { failures.append(error) }
        func closeAll() {
            for descriptor in descriptors { close(descriptor) }
            descriptors = []
        }
    }

    private func start(_ receiver: Receiver) throws -> (EventLoop, Acceptor, SocketAddress) {
        let loop = try EventLoop()
        let listener = try Sockets.listen(
            try #require(SocketAddress(literal: "127.0.0.1", port: 0)), backlog: 256)
        let acceptor = try Acceptor(loop: loop, descriptor: listener, receiver: receiver)
        return (loop, acceptor, try #require(acceptor.address))
    }

    @Test func `a connection comes with its peer's address, ready for the loop`() throws {
        let receiver = Receiver()
        receiver.keeps = true
        let (loop, acceptor, address) = try start(receiver)
        let client = try Sockets.connectBlocking(address)

        #expect(loop.run { receiver.peers.count == 1 })

        let own = try #require(Sockets.localAddress(client.number))
        #expect(receiver.peers[0].description == own.description)
        #expect(address.port != 0)
        let flags = fcntl(receiver.descriptors[0], F_GETFL)
        #expect(flags & O_NONBLOCK != 0)
        #expect(fcntl(receiver.descriptors[0], F_GETFD) & FD_CLOEXEC != 0)
        receiver.closeAll()
        acceptor.close()
        loop.tick(limit: 0)
    }

    @Test func `one tick takes 64 connections at most, the others in the next`() throws {
        let receiver = Receiver()
        let (loop, acceptor, address) = try start(receiver)
        var clients: [Peer] = []
        for _ in 0..<100 { clients.append(Peer(try Sockets.connectBlocking(address).release())) }

        loop.tick(limit: 1_000)
        #expect(receiver.peers.count == 64)
        loop.tick(limit: 1_000)

        #expect(receiver.peers.count == 100)
        acceptor.close()
        loop.tick(limit: 0)
    }

    @Test func `a closed acceptor takes nothing more`() throws {
        let receiver = Receiver()
        let (loop, acceptor, address) = try start(receiver)
        acceptor.close()
        acceptor.close()
        loop.tick(limit: 0)

        #expect(throws: SystemError.self) { _ = try Sockets.connectBlocking(address) }
        #expect(receiver.peers.isEmpty)
    }

    /// In a process of its own, since the limit is the whole process's.
    @Test func `without descriptors it pauses, does not spin, and goes on by itself`() async {
        await #expect(processExitsWith: .success) {
            let receiver = AcceptorTests.Receiver()
            let loop = try EventLoop()
            let address = try #require(SocketAddress(literal: "127.0.0.1", port: 0))
            let listener = try Sockets.listen(address, backlog: 8)
            let acceptor = try Acceptor(loop: loop, descriptor: listener, receiver: receiver)
            let client = try Sockets.connectBlocking(try #require(acceptor.address))
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            let before = limit.rlim_cur
            // The next number is above the limit.
            limit.rlim_cur = 3
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)

            try #require(loop.run { !receiver.failures.isEmpty })
            let ticks = loop.ticks(within: 500)
            try #require(ticks <= 20)
            try #require(receiver.failures.count >= 2 && receiver.failures.count <= 7)
            try #require(receiver.failures.allSatisfy { $0.code == EMFILE })
            limit.rlim_cur = before
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            try #require(loop.run { receiver.peers.count == 1 })

            let second = try Sockets.connectBlocking(try #require(acceptor.address))
            try #require(loop.run { receiver.peers.count == 2 })
            _ = consume client
            _ = consume second
        }
    }

    @Test func `an acceptor that is closed while it pauses closes its socket`() async {
        await #expect(processExitsWith: .success) {
            let receiver = AcceptorTests.Receiver()
            let loop = try EventLoop()
            let address = try #require(SocketAddress(literal: "127.0.0.1", port: 0))
            let listener = try Sockets.listen(address, backlog: 8)
            let acceptor = try Acceptor(loop: loop, descriptor: listener, receiver: receiver)
            let bound = try #require(acceptor.address)
            let client = try Sockets.connectBlocking(bound)
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            let before = limit.rlim_cur
            limit.rlim_cur = 3
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            try #require(loop.run { !receiver.failures.isEmpty })
            acceptor.close()
            limit.rlim_cur = before
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
            _ = loop.ticks(within: 250)

            try #require(throws: SystemError.self) { _ = try Sockets.connectBlocking(bound) }
            try #require(receiver.peers.isEmpty)
            _ = consume client
        }
    }
}
