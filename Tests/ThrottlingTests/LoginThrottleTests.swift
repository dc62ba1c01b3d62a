import RandomTestSupport
import Redis
import RedisTestSupport
import Testing
import Transport

@testable import Throttling

@Suite("LoginThrottle")
struct LoginThrottleTests {
    let server: RealServer

    init() throws { server = try RealServer() }

    private func harness(_ limits: [(LoginLimit.Kind, Int)], window: Int = 60_000) throws -> ThrottleHarness {
        try ThrottleHarness(
            server.path, limits.map { LoginLimit(kind: $0.0, count: $0.1, window: window) })
    }

    @Test(arguments: LoginLimit.Kind.ofLogins)
    func `so many failures are allowed, and one more is told how long to wait`(kind: LoginLimit.Kind) throws {
        let harness = try harness([(kind, 3)])

        for _ in 0..<3 { #expect(harness.fail("anna", "192.0.2.7")) }

        guard case .wait(let wait)? = harness.attempt("anna", "192.0.2.7") else {
            Issue.record("there was leave")
            return
        }
        #expect((50_000...60_000).contains(wait))
    }

    @Test func `each kind counts its own subject`() throws {
        let account = try harness([(.account, 1)])
        let network = try ThrottleHarness(server.path, [LoginLimit(kind: .ip, count: 1, window: 60_000)])
        let both = try ThrottleHarness(
            server.path, [LoginLimit(kind: .accountAndIP, count: 1, window: 60_000)])

        #expect(account.fail("anna", "192.0.2.1"))
        #expect(!account.fail("anna", "192.0.2.2"), "the account, from anywhere")
        #expect(account.fail("bob", "192.0.2.1"))

        #expect(network.fail("anna", "192.0.2.1"))
        #expect(!network.fail("bob", "192.0.2.1"), "the network, whatever the account")
        #expect(network.fail("anna", "192.0.2.2"))

        #expect(both.fail("anna", "192.0.2.1"))
        #expect(!both.fail("anna", "192.0.2.1"))
        #expect(both.fail("anna", "192.0.2.2"))
        #expect(both.fail("bob", "192.0.2.1"))
    }

    @Test func `clients of a unix socket are not held up for each other`() throws {
        let harness = try harness([(.ip, 1), (.accountAndIP, 2)])

        #expect(harness.fail("anna", "unix"))
        #expect(harness.fail("anna", "unix"))
        #expect(!harness.fail("anna", "unix"), "but the account counts")
        #expect(harness.fail("bob", "unix"))
    }

    @Test func `names that can be no account are counted by network only`() throws {
        let harness = try harness([(.account, 1), (.accountAndIP, 2)])

        #expect(harness.fail(nil, "192.0.2.1"))
        #expect(harness.fail(nil, "192.0.2.1"))
        #expect(!harness.fail(nil, "192.0.2.1"))
        #expect(harness.fail(nil, "192.0.2.2"))
    }

    @Test func `a success is no failure, and forgets those of the account from its network`() throws {
        let harness = try harness([(.account, 10), (.ip, 10), (.accountAndIP, 3)])

        #expect(harness.fail("anna", "192.0.2.1"))
        #expect(harness.fail("anna", "192.0.2.1"))
        for _ in 0..<20 { harness.end(.success, "anna", "192.0.2.1") }

        #expect(harness.value("EXISTS", "gw:shop:f:account_ip:anna:192.0.2.1") == "0")
        #expect(harness.value("GET", "gw:shop:f:account:anna") == "2")
        #expect(harness.value("GET", "gw:shop:f:ip:192.0.2.1") == "2")
    }

    @Test func `what was withdrawn was never counted`() throws {
        let harness = try harness([(.account, 1), (.ip, 1), (.accountAndIP, 1)])

        for _ in 0..<5 { #expect(harness.end(.withdrawn, "anna", "192.0.2.1")) }

        #expect(harness.fail("anna", "192.0.2.1"))
        #expect(!harness.fail("anna", "192.0.2.1"))
        #expect(harness.value("EXISTS", "gw:shop:k:anna") == "0")
    }

    @Test func `tries at the same moment cannot get past a limit together`() throws {
        let workers = try (0..<4).map { _ in try harness([(.account, 10)]) }
        var verdicts: [ThrottleVerdict] = []

        for index in 0..<200 {
            let worker = workers[index % 4].throttle
            worker.attempt(ThrottleHarness.subject("anna", "192.0.2.\(index)")) { verdict in
                verdicts.append(verdict)
                if case .go(let attempt) = verdict { worker.settle(attempt, .failure) }
            }
        }
        run(workers) { verdicts.count == 200 }

        #expect(verdicts.count == 200)
        #expect(verdicts.count { if case .go = $0 { true } else { false } } == 10)
    }

    /// Runs all loops until `condition` holds, at most some seconds.
    private func run(_ workers: [ThrottleHarness], until condition: () -> Bool) {
        let end = Clock.monotonicMilliseconds() + 10_000
        while !condition(), Clock.monotonicMilliseconds() < end {
            for worker in workers { worker.redis.loop.tick(limit: 2) }
        }
    }

    @Test func `many good logins at once wait for each other, and none is turned away`() throws {
        let workers = try (0..<2).map { _ in try harness([(.account, 5), (.ip, 5), (.accountAndIP, 3)]) }
        var verdicts: [ThrottleVerdict] = []

        for index in 0..<30 {
            let worker = workers[index % 2].throttle
            worker.attempt(ThrottleHarness.subject("anna", "192.0.2.1")) { verdict in
                verdicts.append(verdict)
                if case .go(let attempt) = verdict { worker.settle(attempt, .success) }
            }
        }
        run(workers) { verdicts.count == 30 }

        #expect(verdicts.count { if case .go = $0 { true } else { false } } == 30)
        _ = workers[0].redis.ask("PING")
        _ = workers[1].redis.ask("PING")
        #expect(workers[0].value("EXISTS", "gw:shop:f:account_ip:anna:192.0.2.1") == "0")
        #expect(workers[0].value("EXISTS", "gw:shop:p:account:anna") == "0")
    }

    @Test func `tries under way are no failures, and those that never end are`() throws {
        let harness = try harness([(.account, 2)])
        for _ in 0..<2 { _ = harness.attempt("anna", "192.0.2.1") }

        #expect(harness.attempt("anna", "192.0.2.2") == nil, "it waits for those under way")
        #expect(harness.value("PTTL", "gw:shop:p:account:anna").flatMap { Int($0) } ?? 0 > 5_000)
        _ = harness.redis.ask("DEL", "gw:shop:p:account:anna")

        #expect(!harness.fail("anna", "192.0.2.2"))
    }

    @Test func `the owner is let in from where the owner has been, whatever others do elsewhere`() throws {
        let harness = try harness([(.account, 3), (.accountAndIP, 5)])
        #expect(harness.end(.success, "anna", "192.0.2.1"))

        for index in 0..<3 { #expect(harness.fail("anna", "198.51.100.\(index)")) }

        #expect(!harness.fail("anna", "198.51.100.9"), "a stranger is held up")
        #expect(!harness.fail("anna", "203.0.113.1"), "the owner too, in a new place")
        for _ in 0..<5 { #expect(harness.fail("anna", "192.0.2.1"), "but not at home") }
        #expect(!harness.fail("anna", "192.0.2.1"), "where guessing is held up all the same")
    }

    @Test func `a network is known for 30 days, and only so many are`() throws {
        let harness = try harness([(.account, 1)])
        let now = Clock.wallMilliseconds()
        for index in 0..<40 {
            _ = harness.redis.ask(
                "ZADD", "gw:shop:k:anna", "\(now - 1_000 + Int64(index))", "10.0.0.\(index)")
        }
        _ = harness.redis.ask("ZADD", "gw:shop:k:anna", "\(now - 31 * 86_400_000)", "192.0.2.9")
        #expect(harness.fail("anna", "198.51.100.1"))
        #expect(!harness.fail("anna", "192.0.2.9"), "too long ago")

        #expect(harness.end(.success, "anna", "10.0.0.39"))

        #expect(harness.value("ZCARD", "gw:shop:k:anna") == "32")
        #expect(harness.value("ZSCORE", "gw:shop:k:anna", "10.0.0.0") == nil)
        #expect(Int(harness.value("PTTL", "gw:shop:k:anna") ?? "") ?? 0 > 29 * 86_400_000)
    }

    @Test func `failures are forgotten when their time is over`() throws {
        let harness = try harness([(.account, 1)], window: 200)
        #expect(harness.fail("anna", "192.0.2.1"))
        #expect(!harness.fail("anna", "192.0.2.1"))

        #expect(harness.redis.run(2_000) { harness.fail("anna", "192.0.2.1") })
    }

    @Test func `being held up does not prolong the wait`() throws {
        let harness = try harness([(.account, 1)])
        #expect(harness.fail("anna", "192.0.2.1"))
        _ = harness.redis.ask("PEXPIRE", "gw:shop:f:account:anna", "5000")

        for _ in 0..<10 { #expect(!harness.fail("anna", "192.0.2.1")) }

        #expect(Int(harness.value("PTTL", "gw:shop:f:account:anna") ?? "") ?? 9_999 <= 5_000)
        #expect(harness.value("GET", "gw:shop:f:account:anna") == "1")
    }

    @Test func `a counter without a life gets one, so that nobody waits for ever`() throws {
        let harness = try harness([(.account, 1)])
        _ = harness.redis.ask("SET", "gw:shop:f:account:anna", "7")

        #expect(harness.attempt("anna", "192.0.2.1") == .wait(60_000))
        #expect(Int(harness.value("PTTL", "gw:shop:f:account:anna") ?? "") ?? 0 > 0)
    }

    @Test(arguments: [
        ("account:anna", true, false), ("ip:192.0.2.1", true, true),
        ("account_ip:anna:192.0.2.1", true, false),
        ("account:bob", false, true), ("ip:192.0.2.2", false, false),
        ("account_ip:anna:192.0.2.2", false, false),
    ])
    func `a ban holds its subject up, also where there are no limits`(
        name: String, anna: Bool, bob: Bool
    ) throws {
        let harness = try harness([])
        harness.end(.success, "anna", "192.0.2.1")
        _ = harness.redis.ask("SET", "gw:shop:b:\(name)", "abuse", "PX", "30000")

        #expect(harness.fail("anna", "192.0.2.1") == !anna)
        #expect(harness.fail("bob", "192.0.2.1") == !bob)
    }

    @Test func `a ban without an end is a day at a time`() throws {
        let harness = try harness([(.account, 5)])
        _ = harness.redis.ask("SET", "gw:shop:b:account:anna", "abuse")

        #expect(harness.attempt("anna", "192.0.2.1") == .wait(86_400_000))
        #expect(harness.value("EXISTS", "gw:shop:f:account:anna") == "0", "nothing was counted")
    }

    @Test func `the longest wait is told`() throws {
        let harness = try harness([(.account, 1), (.ip, 1)])
        #expect(harness.fail("anna", "192.0.2.1"))
        _ = harness.redis.ask("PEXPIRE", "gw:shop:f:account:anna", "1000")
        _ = harness.redis.ask("PEXPIRE", "gw:shop:f:ip:192.0.2.1", "50000")

        guard case .wait(let wait)? = harness.attempt("anna", "192.0.2.1") else {
            Issue.record("there was leave")
            return
        }
        #expect(wait > 40_000)
    }

    @Test func `only the kinds that are asked for count`() throws {
        let harness = try harness([(.account, 1), (.ip, 2), (.accountAndIP, 1)])

        for _ in 0..<6 {
            guard case .go? = harness.attempt("anna", "192.0.2.1", kinds: [.registration]) else {
                Issue.record("no leave")
                return
            }
        }

        #expect(harness.attempt("bob", "192.0.2.1", kinds: [.registration]) != .unavailable)
        #expect(harness.value("EXISTS", "gw:shop:f:account:anna") == "0")
        #expect(harness.value("GET", "gw:shop:f:register:192.0.2.1") == "6")
        #expect(harness.fail("bob", "192.0.2.1"), "logins are counted apart")
    }

    @Test(arguments: ["f:account:anna", "b:account:anna", "k:anna", "f:ip:192.0.2.1"])
    func `what is not ours in a counter's place lets nobody in`(name: String) throws {
        let harness = try harness([(.account, 3), (.ip, 3)])
        _ = harness.redis.ask("LPUSH", "gw:shop:\(name)", "x")

        let verdict = harness.attempt("anna", "192.0.2.1")

        if name.hasPrefix("b:") {
            #expect(verdict == .wait(86_400_000))
        } else {
            #expect(verdict == .unavailable)
        }
        #expect(harness.value("EXISTS", "gw:shop:f:account_ip:anna:192.0.2.1") == "0")
    }

    @Test func `nobody may try while Redis is away, and what was counted is there when it is back`() throws {
        let server = try RealServer(["--appendonly", "yes", "--appendfsync", "always"])
        let harness = try ThrottleHarness(
            server.path, [LoginLimit(kind: .account, count: 2, window: 60_000)])
        #expect(harness.fail("anna", "192.0.2.1"))
        #expect(harness.fail("anna", "192.0.2.1"))

        server.kill()
        #expect(harness.attempt("anna", "192.0.2.1") == .unavailable)
        try server.start()

        #expect(harness.redis.run(5_000) { harness.attempt("bob", "192.0.2.1") != .unavailable })
        #expect(!harness.fail("anna", "192.0.2.1"))
    }

    @Test(arguments: 0..<6)
    func `no order of tries lets more failures through than the limit says`(seed: Int) throws {
        var random = SeededRandom(seed)
        let server = try RealServer()
        let workers = try (0..<3).map { _ in
            try ThrottleHarness(
                server.path,
                [
                    LoginLimit(kind: .account, count: 6, window: 600_000),
                    LoginLimit(kind: .accountAndIP, count: 3, window: 600_000),
                ])
        }
        var failures: [String: Int] = [:]
        var pending: [(worker: Int, attempt: LoginAttempt, name: String, subject: String)] = []
        var told = 0
        for _ in 0..<300 {
            switch Int.random(in: 0..<3, using: &random) {
            case 0:
                let worker = Int.random(in: 0..<3, using: &random)
                let name = ["anna", "bob"][Int.random(in: 0..<2, using: &random)]
                let address = "192.0.2.\(Int.random(in: 1...4, using: &random))"
                workers[worker].throttle.attempt(ThrottleHarness.subject(name, address)) { verdict in
                    told += 1
                    if case .go(let attempt) = verdict {
                        pending.append((worker, attempt, name, "\(name) \(address)"))
                    }
                }
            case 1 where !pending.isEmpty:
                let done = pending.remove(at: Int.random(in: pending.indices, using: &random))
                let isFailure = Int.random(in: 0..<4, using: &random) > 0
                workers[done.worker].throttle.settle(done.attempt, isFailure ? .failure : .withdrawn)
                if isFailure {
                    failures[done.subject, default: 0] += 1
                    failures[done.name, default: 0] += 1
                }
            default: for worker in workers { worker.redis.loop.tick(limit: 1) }
            }
        }

        #expect(told > 0)
        for (subject, count) in failures { #expect(count <= (subject.contains(" ") ? 3 : 6)) }
    }
}

@Suite("ClientNetwork")
struct ClientNetworkTests {
    @Test(arguments: [
        ("192.0.2.7", "192.0.2.7"), ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:0:1:2:3:4:5", "2001:db8:0:1::/64"), ("2001:DB8:0:1::9", "2001:db8:0:1::/64"),
        ("::1", "::/64"), ("2001:db8::5", "2001:db8::/64"), ("unix", "unix"), ("", ""),
        ("300.1.1.1", "300.1.1.1"),
    ])
    func `is the address, or the half that its owner cannot choose`(address: String, network: String) {
        #expect(String(decoding: ClientNetwork.name(of: [UInt8](address.utf8)), as: UTF8.self) == network)
    }
}
