import Glibc
import Testing

@testable import Transport

@Suite struct EventLoopTests {
    private final class Source: EventSource {
        var seen: [Readiness] = []
        var then: (Readiness) -> Void = { _ in }
        override func onReady(_ readiness: Readiness) {
            seen.append(readiness)
            then(readiness)
        }
    }

    private final class Task: TickEndTask {
        var runs = 0
        var then: () -> Void = {}
        override func onTickEnd() {
            runs += 1
            then()
        }
    }

    private func sockets() -> (Int32, Peer) {
        var ends: [Int32] = [-1, -1]
        socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends)
        Sockets.adopt(ends[0])
        return (ends[0], Peer(ends[1]))
    }

    @Test func `readiness is told to the source that asked for it`() throws {
        let loop = try EventLoop()
        let (descriptor, peer) = sockets()
        let source = Source()
        try loop.register(source, descriptor: descriptor, interest: .read)

        loop.tick(limit: 0)
        #expect(source.seen.isEmpty)
        peer.write([1])
        loop.tick(limit: 1_000)

        #expect(source.seen == [.read])
        loop.close(source)
        loop.tick(limit: 0)
    }

    @Test func `a closed descriptor stays open to the end of the tick, and is closed then`() throws {
        let loop = try EventLoop()
        let (descriptor, peer) = sockets()
        let source = Source()
        try loop.register(source, descriptor: descriptor, interest: .read)
        source.then = { _ in
            loop.close(source)
            #expect(isOpen(descriptor))
            #expect(source.descriptor == -1)
        }
        peer.write([1])

        loop.tick(limit: 1_000)
        loop.close(source)
        loop.tick(limit: 0)

        #expect(source.seen.count == 1)
        peer.read()
        #expect(peer.hasEnded || peer.failure == ECONNRESET)
    }

    /// Two sources are ready in one tick; the first closes the other, and a new one takes its number over.
    @Test func `an event for an earlier owner of a descriptor number is dropped`() throws {
        let loop = try EventLoop()
        let (firstDescriptor, firstPeer) = sockets()
        let (secondDescriptor, secondPeer) = sockets()
        let first = Source()
        let second = Source()
        let heir = Source()
        try loop.register(first, descriptor: firstDescriptor, interest: .read)
        try loop.register(second, descriptor: secondDescriptor, interest: .read)
        var isTaken = false
        let takeOver = { (victim: Source) in
            if isTaken { return }
            isTaken = true
            let number = loop.release(victim)
            try? loop.register(heir, descriptor: number, interest: .write)
        }
        first.then = { _ in takeOver(second) }
        second.then = { _ in takeOver(first) }
        firstPeer.write([1])
        secondPeer.write([1])

        loop.tick(limit: 1_000)

        #expect(isTaken)
        #expect(first.seen.count + second.seen.count == 1)
        #expect(heir.seen.isEmpty)
        loop.tick(limit: 1_000)
        #expect(heir.seen == [.write])
        for source in [first, second, heir] { loop.close(source) }
        loop.tick(limit: 0)
    }

    @Test func `a closed source hears nothing more, though its event was already there`() throws {
        let loop = try EventLoop()
        let (firstDescriptor, firstPeer) = sockets()
        let (secondDescriptor, secondPeer) = sockets()
        let first = Source()
        let second = Source()
        try loop.register(first, descriptor: firstDescriptor, interest: .read)
        try loop.register(second, descriptor: secondDescriptor, interest: .read)
        for source in [first, second] {
            source.then = { _ in
                loop.close(first)
                loop.close(second)
            }
        }
        firstPeer.write([1])
        secondPeer.write([1])

        _ = loop.ticks(within: 30)

        #expect(first.seen.count + second.seen.count == 1)
    }

    @Test func `interest that was changed and changed back costs nothing and changes nothing`() throws {
        let loop = try EventLoop()
        let (descriptor, peer) = sockets()
        let source = Source()
        try loop.register(source, descriptor: descriptor, interest: .read)

        loop.setInterest(source, [.read, .write])
        loop.setInterest(source, [])
        loop.setInterest(source, .read)
        loop.tick(limit: 0)
        #expect(source.seen.isEmpty)

        loop.setInterest(source, .write)
        loop.tick(limit: 1_000)
        #expect(source.seen == [.write])
        peer.close()
        loop.close(source)
        loop.tick(limit: 0)
    }

    @Test func `a descriptor that is handed back is open and no longer watched`() throws {
        let loop = try EventLoop()
        let (descriptor, peer) = sockets()
        let source = Source()
        try loop.register(source, descriptor: descriptor, interest: .read)

        #expect(loop.release(source) == descriptor)
        #expect(loop.release(source) == -1)
        peer.write([1])
        _ = loop.ticks(within: 20)

        #expect(source.seen.isEmpty)
        #expect(isOpen(descriptor))
        close(descriptor)
    }

    @Test func `a descriptor that cannot be watched is refused`() throws {
        let loop = try EventLoop()

        #expect(throws: SystemError.self) {
            try loop.register(Source(), descriptor: 1_000_000, interest: .read)
        }
    }

    @Test func `a task runs once at the end of the tick, however often it was queued`() throws {
        let loop = try EventLoop()
        let task = Task()

        for _ in 0..<3 { loop.atTickEnd(task) }
        #expect(task.runs == 0)
        loop.tick(limit: 0)
        loop.tick(limit: 0)

        #expect(task.runs == 1)
        loop.atTickEnd(task)
        loop.tick(limit: 0)
        #expect(task.runs == 2)
    }

    @Test func `a task that a task queues has its turn before the loop waits`() throws {
        let loop = try EventLoop()
        let first = Task()
        let second = Task()
        first.then = { loop.atTickEnd(second) }
        second.then = { if second.runs < 3 { loop.atTickEnd(second) } }

        loop.atTickEnd(first)
        loop.tick(limit: 0)

        #expect(first.runs == 1)
        #expect(second.runs == 3)
    }

    @Test func `stop ends the run, and what was closed last is closed`() throws {
        let loop = try EventLoop()
        let (descriptor, peer) = sockets()
        let source = Source()
        try loop.register(source, descriptor: descriptor, interest: .read)
        source.then = { _ in
            loop.close(source)
            loop.stop()
        }
        peer.write([1])

        loop.run()

        peer.read()
        #expect(peer.hasEnded || peer.failure == ECONNRESET)
    }

    @Test func `a loop at rest wakes at its limit only`() throws {
        let loop = try EventLoop()

        #expect(loop.ticks(within: 200) <= 6)
    }
}
