import Glibc
import Synchronization
import Testing

@testable import Transport

@Suite struct MailboxTests {
    @Test func `a value reaches the receiver under its number, once`() throws {
        let loop = try EventLoop()
        var values: [Int] = []
        let number = loop.expect { values.append($0 as? Int ?? -1) }
        loop.mailbox.post(number, 7)
        loop.mailbox.post(number, 8)
        loop.mailbox.post(number + 1_000, 9)

        loop.tick(limit: 1_000)
        loop.tick(limit: 0)

        #expect(values == [7])
    }

    @Test func `a post wakes a loop that waits`() throws {
        let loop = try EventLoop()
        var isThere = false
        let number = loop.expect { _ in isThere = true }
        let mailbox = loop.mailbox
        try startThread {
            usleep(50_000)
            mailbox.post(number, 1)
        }
        let start = Clock.monotonicMilliseconds()

        while !isThere && Clock.monotonicMilliseconds() - start < 5_000 { loop.tick(limit: 4_000) }

        #expect(isThere)
        #expect(Clock.monotonicMilliseconds() - start < 3_000)
    }

    @Test func `many threads may post at once, and nothing is lost`() throws {
        let loop = try EventLoop()
        let threads = 8
        let each = 2_000
        var sums = [Int](repeating: 0, count: threads)
        var count = 0
        var numbers: [[UInt64]] = []
        for thread in 0..<threads {
            numbers.append(
                (0..<each).map { _ in
                    loop.expect {
                        sums[thread] += $0 as? Int ?? 0
                        count += 1
                    }
                })
        }
        for list in numbers {
            let mailbox = loop.mailbox
            try startThread { for (value, number) in list.enumerated() { mailbox.post(number, value) } }
        }

        #expect(loop.run { count == threads * each })
        #expect(sums.allSatisfy { $0 == each * (each - 1) / 2 })
    }
}

@Suite struct HelperPoolTests {
    /// A gate that jobs wait at, so that a test decides when they end.
    final class Gate: Sendable {
        private let isOpen = Mutex(false)
        func open() { isOpen.withLock { $0 = true } }
        func wait() { while !isOpen.withLock({ $0 }) { usleep(1_000) } }
    }

    @Test func `work runs on another thread, its result comes on the loop's`() throws {
        let loop = try EventLoop()
        let pool = try HelperPool(loop: loop, threads: 2, limit: 4)
        let here = pthread_self()
        var result: pthread_t?
        var completedOn: pthread_t?

        let accepted = pool.run({ pthread_self() }) {
            result = $0
            completedOn = pthread_self()
        }
        #expect(accepted)
        #expect(pool.pending == 1)
        #expect(result == nil)
        #expect(loop.run { result != nil })

        #expect(result != here)
        #expect(completedOn == here)
        #expect(pool.pending == 0)
    }

    @Test func `a full queue refuses, and takes more when it has room again`() throws {
        let loop = try EventLoop()
        let pool = try HelperPool(loop: loop, threads: 2, limit: 3)
        let gate = Gate()
        var done = 0

        for _ in 0..<5 {
            let accepted = pool.run({ gate.wait() }) { done += 1 }
            #expect(accepted)
        }
        let refused = pool.run({ gate.wait() }) { done += 100 }
        #expect(!refused)
        #expect(pool.pending == 5)
        gate.open()
        #expect(loop.run { done == 5 })

        let accepted = pool.run({ gate.wait() }) { done += 1 }
        #expect(accepted)
        #expect(loop.run { done == 6 })
    }

    @Test func `one thread does its work in order`() throws {
        let loop = try EventLoop()
        let pool = try HelperPool(loop: loop, threads: 1, limit: 1_000)
        var order: [Int] = []
        for number in 0..<500 { _ = pool.run({ number }) { order.append($0) } }

        #expect(loop.run { order.count == 500 })
        #expect(order == Array(0..<500))
    }

    /// A job may hold a password: it must not be kept until the queue happens to be empty.
    @Test func `a job that is done is let go although others still wait`() throws {
        final class Secret: Sendable {}
        let loop = try EventLoop()
        let pool = try HelperPool(loop: loop, threads: 1, limit: 10)
        let gate = Gate()
        weak var secret: Secret?
        var isFirstDone = false
        do {
            let strong = Secret()
            secret = strong
            _ = pool.run({ _ = strong }) { isFirstDone = true }
        }
        _ = pool.run({ gate.wait() }) {}
        _ = pool.run({ gate.wait() }) {}

        #expect(loop.run { isFirstDone })
        #expect(loop.run(milliseconds: 1_000) { secret == nil })
        gate.open()
        #expect(loop.run { pool.pending == 0 })
    }

    @Test func `the threads of a pool that is gone end, and its loop goes on`() throws {
        let loop = try EventLoop()
        for _ in 0..<20 {
            let pool = try HelperPool(loop: loop, threads: 4, limit: 4)
            _ = pool.run({ usleep(1_000) }) {}
        }

        #expect(loop.ticks(within: 100) > 0)
    }
}

@Suite struct ResolverTests {
    private typealias Answer = Result<[SocketAddress], ResolveError>

    @Test(arguments: ["127.0.0.1", "::1", "2001:db8::1"])
    func `a literal is answered at once`(host: String) throws {
        let loop = try EventLoop()
        let resolver = Resolver(pool: try HelperPool(loop: loop, threads: 1, limit: 1))
        var answer: Answer?

        resolver.resolve(host: host, port: 80) { answer = $0 }

        let addresses = try #require(try answer?.get())
        #expect(addresses.map(\.host) == [host])
        #expect(addresses.map(\.port) == [80])
    }

    @Test func `a name of this machine is answered on the loop`() throws {
        let loop = try EventLoop()
        let resolver = Resolver(pool: try HelperPool(loop: loop, threads: 1, limit: 1))
        var answer: Answer?

        resolver.resolve(host: "localhost", port: 8080) { answer = $0 }
        #expect(answer == nil)
        #expect(loop.run { answer != nil })

        let addresses = try #require(try answer?.get())
        #expect(!addresses.isEmpty)
        #expect(addresses.allSatisfy { $0.port == 8080 && ["127.0.0.1", "::1"].contains($0.host) })
    }

    @Test(arguments: ["nobody.invalid", "a..b", "1.2.3.4.5.6", "[::1]"])
    func `a name that does not exist is a failure that says which`(host: String) throws {
        let loop = try EventLoop()
        let resolver = Resolver(pool: try HelperPool(loop: loop, threads: 1, limit: 1))
        var answer: Answer?

        resolver.resolve(host: host, port: 80) { answer = $0 }
        #expect(loop.run(milliseconds: 30_000) { answer != nil })

        guard case .failure(let error)? = answer else {
            Issue.record("\(host) was resolved")
            return
        }
        #expect(error.host == host)
        #expect(error.description.hasPrefix("cannot resolve \"\(host)\": "))
    }

    @Test func `more lookups than may wait are refused`() throws {
        let loop = try EventLoop()
        let pool = try HelperPool(loop: loop, threads: 1, limit: 0)
        let resolver = Resolver(pool: pool)
        let gate = HelperPoolTests.Gate()
        _ = pool.run({ gate.wait() }) {}
        var answer: Answer?

        resolver.resolve(host: "localhost", port: 80) { answer = $0 }

        guard case .failure(let error)? = answer else {
            Issue.record("the lookup was not refused")
            return
        }
        #expect(error.reason == "too many lookups are waiting")
        gate.open()
        #expect(loop.run { pool.pending == 0 })
    }
}
