import Glibc
import Testing

@testable import Transport

@Suite struct SharedListenerTests {
    private final class Receiver: AcceptReceiver {
        var accepted: [Int32] = []
        func onAccept(_ acceptor: Acceptor, descriptor: Int32, peer: SocketAddress) {
            accepted.append(descriptor)
        }
        func onAcceptFailure(_ acceptor: Acceptor, _ error: SystemError) {}
        deinit { for descriptor in accepted { Glibc.close(descriptor) } }
    }

    /// A listening socket, and a copy of it as another process would have.
    static func shared() throws -> (SocketAddress, Int32, Int32) {
        let address = try #require(SocketAddress(literal: "127.0.0.1", port: 0))
        let socket = try Sockets.listen(address, backlog: 64)
        let bound = try #require(Sockets.localAddress(socket.number))
        let copy = fcntl(socket.number, F_DUPFD_CLOEXEC, 3)
        return (bound, socket.release(), copy)
    }

    @Test func `one that is closed leaves later connections to the others that share the socket`() throws {
        let (address, one, other) = try Self.shared()
        let (oldLoop, newLoop) = (try EventLoop(), try EventLoop())
        let (old, new) = (Receiver(), Receiver())
        let oldAcceptor = try Acceptor(loop: oldLoop, descriptor: FileDescriptor(one), receiver: old)
        let newAcceptor = try Acceptor(loop: newLoop, descriptor: FileDescriptor(other), receiver: new)

        oldAcceptor.close()
        for _ in 0..<20 { withExtendedLifetime(try Sockets.connectBlocking(address)) {} }
        let before = Clock.monotonicMilliseconds()
        oldLoop.tick(limit: 100)
        let waited = Clock.monotonicMilliseconds() - before
        newLoop.tick(limit: 100)

        #expect(old.accepted.isEmpty)
        #expect(new.accepted.count == 20)
        // The old loop was not woken for what is not its business any more.
        #expect(waited >= 90)
        newAcceptor.close()
    }

    @Test func `one that is closed takes what was already in the backlog`() throws {
        let (address, one, other) = try Self.shared()
        defer { Glibc.close(other) }
        let loop = try EventLoop()
        let receiver = Receiver()
        let acceptor = try Acceptor(loop: loop, descriptor: FileDescriptor(one), receiver: receiver)
        for _ in 0..<5 { withExtendedLifetime(try Sockets.connectBlocking(address)) {} }

        acceptor.close()
        loop.tick(limit: 0)

        #expect(receiver.accepted.count == 5)
    }
}
