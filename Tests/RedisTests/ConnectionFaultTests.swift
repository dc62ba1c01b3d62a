import Glibc
import RandomTestSupport
import RedisTestSupport
import Testing
import Transport

@testable import Redis

@Suite("RedisConnection and a server that misbehaves")
struct ConnectionFaultTests {
    let fake: FakeServer
    let harness: Harness
    var recorder: Recorder { harness.recorder }

    init() throws {
        fake = try FakeServer()
        harness = try Harness(.unix(path: fake.path)) { $0.connectTimeout = 400 }
    }

    @Test func `calls of one turn leave in one write, and replies find their callers`() throws {
        try harness.start(with: fake)

        for token in 1...3 { #expect(harness.get("k\(token)", token: UInt64(token)) == nil) }
        #expect(fake.received() == "")
        harness.loop.tick(limit: 0)
        let sent = try #require(fake.received())
        fake.send("$1\r\na\r\n$-1\r\n$1\r\nc\r\n")
        harness.run { recorder.outcomes.count == 3 }

        #expect(sent == (1...3).map { "*2\r\n$3\r\nGET\r\n$2\r\nk\($0)\r\n" }.joined())
        #expect(recorder.outcomes.map(\.token) == [1, 2, 3])
        #expect(recorder.outcomes.map(\.outcome) == [.bulk("a"), .null, .bulk("c")])
        #expect(harness.connection.inFlight == 0)
    }

    @Test func `a late reply is dropped and shifts nothing`() throws {
        try harness.start(with: fake)
        #expect(harness.get("slow", token: 1) == nil)
        let start = harness.loop.now
        harness.run { !recorder[1].isEmpty }
        let waited = harness.loop.now - start
        #expect(harness.get("next", token: 2) == nil)
        harness.loop.tick(limit: 0)

        fake.send("$4\r\nlate\r\n$4\r\nnext\r\n")
        harness.run { !recorder[2].isEmpty }

        #expect(recorder[1] == [.outage(.timedOut)])
        #expect(250...400 ~= waited)
        #expect(recorder[2] == [.bulk("next")])
        #expect(harness.connection.statistics.lateReplies == 1)
        #expect(harness.connection.statistics.timeouts == 1)
        #expect(harness.connection.inFlight == 0)
    }

    @Test func `a silent server is given up after four times the time of a call`() throws {
        try harness.start(with: fake)
        #expect(harness.get("a", token: 1) == nil)
        let start = harness.loop.now

        harness.run { harness.connection.statistics.losses == 1 }

        #expect(900...1300 ~= harness.loop.now - start)
        #expect(recorder[1] == [.outage(.timedOut)])
        #expect(harness.events == [.connected, .lost("no reply in time for 1000 ms")])
        try harness.greet(fake)
        #expect(harness.connection.inFlight == 0)
    }

    @Test(arguments: [0, 30, 300])
    func `a server that drops one reply and goes on is given up, however many come late`(pause: Int64) throws
    {
        try harness.start(with: fake)
        let start = harness.loop.now
        var token: UInt64 = 0
        // Calls one after another: each is answered at once, but the answer meets the call before it.
        while harness.connection.statistics.losses == 0, harness.loop.now - start < 3_000 {
            token += 1
            #expect(harness.get("k\(token)", token: token) == nil)
            harness.loop.tick(limit: 0)
            if token > 1 { fake.send("$1\r\n\(token % 10)\r\n") }
            harness.run { !recorder[token].isEmpty }
            harness.run(pause) { harness.connection.statistics.losses > 0 }
        }

        #expect(900...1_300 ~= harness.loop.now - start)
        #expect(recorder.outcomes.allSatisfy { $0.outcome == .outage(.timedOut) })
        #expect(harness.events == [.connected, .lost("no reply in time for 1000 ms")])
        try harness.greet(fake)
        #expect(harness.get("after", token: 0) == nil)
        harness.loop.tick(limit: 0)
        fake.send("$5\r\nafter\r\n")
        harness.run { !recorder[0].isEmpty }
        #expect(recorder[0] == [.bulk("after")])
    }

    @Test func `a slow spell whose replies all came is forgotten`() throws {
        try harness.start(with: fake)
        for token in 1...4 as ClosedRange<UInt64> {
            #expect(harness.get("slow", token: token) == nil)
            harness.run { !recorder[token].isEmpty }
            fake.send("$4\r\nlate\r\n")
            harness.run { harness.connection.inFlight == 0 }
            harness.run(for: 100)
        }

        #expect(harness.connection.statistics.lateReplies == 4)
        #expect(harness.connection.statistics.losses == 0)
    }

    @Test(arguments: [
        "HTTP/1.1 400 Bad Request\r\n\r\n", "+OK\r\n+OK\r\n", "$4\r\nlate\r\n$4\r\nmore\r\n",
        "*2147483647\r\n", "\0\0",
        "$10485760\r\n" + String(repeating: "x", count: 150_000),
    ])
    func `garbage or a reply too many cuts the connection`(text: String) throws {
        try harness.start(with: fake)
        #expect(harness.get("a", token: 1) == nil)
        harness.loop.tick(limit: 0)

        fake.send(text)
        harness.run {
            // What is more than a socket's buffer takes a few turns.
            harness.connection.statistics.violations == 1
        }

        #expect(harness.connection.statistics.violations == 1)
        #expect(recorder[1].count == 1)
        #expect(harness.connection.inFlight == 0)
        #expect(fake.received() == nil || fake.connections.count == 1)
        try harness.greet(fake)
    }

    @Test func `an unasked reply on an idle connection cuts it`() throws {
        try harness.start(with: fake)

        fake.send("+OK\r\n")
        harness.run { harness.connection.statistics.violations == 1 }

        #expect(harness.events.last == .lost("it sent a reply that nobody asked for"))
    }

    @Test func `half a reply and an end leaves nobody waiting`() throws {
        try harness.start(with: fake)
        for token in 1...3 { #expect(harness.get("k", token: UInt64(token)) == nil) }
        harness.loop.tick(limit: 0)

        fake.send("$1\r\na\r\n$10\r\nhalf")
        harness.run { !recorder[1].isEmpty }
        _ = fake.received()
        fake.hangUp()
        harness.run { recorder.outcomes.count == 3 }

        #expect(recorder[1] == [.bulk("a")])
        #expect(recorder[2] == [.outage(.disconnected)])
        #expect(recorder[3] == [.outage(.disconnected)])
        #expect(harness.connection.statistics.resent == 0)
    }

    @Test func `reads are sent once more when a connection that served is found dead`() throws {
        try harness.start(with: fake)
        #expect(harness.get("first", token: 1) == nil)
        harness.loop.tick(limit: 0)
        fake.send("$1\r\n1\r\n")
        harness.run { !recorder[1].isEmpty }
        _ = fake.received()

        #expect(harness.get("again", token: 2) == nil)
        #expect(harness.call("DEL", "x", token: 3) == nil)
        fake.hangUp()
        try harness.greet(fake)
        harness.run { (fake.received() ?? "").contains("again") }
        fake.send("$1\r\n2\r\n")
        harness.run { !recorder[2].isEmpty }

        #expect(recorder[2] == [.bulk("2")])
        #expect(recorder[3] == [.outage(.disconnected)], "a write is never sent twice")
        #expect(harness.connection.statistics.resent == 1)
    }

    @Test func `a read is not sent a third time`() throws {
        try harness.start(with: fake)
        #expect(harness.get("first", token: 1) == nil)
        harness.loop.tick(limit: 0)
        fake.send("$1\r\n1\r\n")
        harness.run { !recorder[1].isEmpty }
        #expect(harness.get("again", token: 2) == nil)
        fake.hangUp()
        try harness.greet(fake)

        harness.run { (fake.received() ?? "").contains("again") }
        fake.hangUp()
        harness.run { !recorder[2].isEmpty }

        #expect(recorder[2] == [.outage(.disconnected)])
    }

    @Test func `with the server gone calls end at once, and flow again within two seconds of its return`()
        throws
    {
        try harness.start(with: fake)
        #expect(harness.get("a", token: 1) == nil)
        fake.stopListening()
        fake.hangUp()
        harness.run { !recorder[1].isEmpty }
        harness.run(for: 1_500)
        #expect(harness.get("b", token: 2) == .disconnected)
        #expect(recorder[2].isEmpty)

        fake.listen()
        let start = harness.loop.now
        try harness.greet(fake)

        #expect(harness.loop.now - start < 2_000)
        #expect(harness.events.count == 4, "one line for an outage, however many attempts: \(harness.events)")
        #expect(harness.get("c", token: 3) == nil)
    }

    @Test(arguments: ["READONLY x", "LOADING x", "MASTERDOWN x", "NOAUTH x", "WRONGPASS x"])
    func `an unfit server is left, its password read again only if it is about that`(error: String) throws {
        try harness.start(with: fake)
        for token in 1...2 { #expect(harness.get("k", token: UInt64(token)) == nil) }
        harness.loop.tick(limit: 0)

        fake.send("-\(error)\r\n")
        harness.run { recorder.outcomes.count == 2 }

        #expect(recorder.outcomes.map(\.outcome) == [.outage(.refused), .outage(.refused)])
        #expect(!harness.connection.isReady)
        #expect(harness.get("k") == .disconnected)
        try harness.greet(fake)
        #expect(harness.secretReads == (error.hasSuffix("AUTH x") || error.hasPrefix("WRONG") ? 2 : 1))
    }

    @Test(arguments: ["ERR x", "WRONGTYPE x", "OOM x", "MISCONF x", "NOPERM x", "BUSY x", ""])
    func `an error about the command is its caller's alone`(error: String) throws {
        try harness.start(with: fake)
        #expect(harness.get("a", token: 1) == nil)
        #expect(harness.get("b", token: 2) == nil)
        harness.loop.tick(limit: 0)

        fake.send("-\(error)\r\n$1\r\nb\r\n")
        harness.run { recorder.outcomes.count == 2 }

        #expect(recorder.outcomes.map(\.outcome) == [.error(error), .bulk("b")])
        #expect(harness.connection.isReady)
    }

    @Test func `beyond the limit calls end at once`() throws {
        let harness = try Harness(.unix(path: fake.path)) { $0.inFlightLimit = 100 }
        try harness.start(with: fake)
        for token in 1...100 { #expect(harness.get("k", token: UInt64(token)) == nil) }

        #expect(harness.get("k", token: 101) == .overloaded)
        var late: Recorded?
        harness.connection.call(RedisCommand("PING")) { late = Recorded($0) }
        #expect(late == nil, "never within the call")
        harness.run { late != nil }
        #expect(late == .outage(.overloaded))

        // Those that timed out count as long as their reply is due.
        harness.run { harness.recorder.outcomes.count == 100 }
        #expect(harness.get("k") == .overloaded)
        fake.send(String(repeating: "$1\r\nx\r\n", count: 100))
        harness.run { harness.connection.inFlight == 0 }
        #expect(harness.get("k") == nil)
        #expect(harness.connection.statistics.lateReplies == 100)
    }

    @Test func `a connection cut by a receiver hands out nothing more of what came with it`() throws {
        try harness.start(with: fake)
        for token in 1...4 { #expect(harness.get("k", token: UInt64(token)) == nil) }
        harness.loop.tick(limit: 0)
        defer { recorder.onOutcome = nil }
        recorder.onOutcome = { [harness] token in
            if token == 2 { harness.connection.sever("replies are out of step") }
        }

        fake.send("$1\r\n1\r\n$1\r\n2\r\n$1\r\n3\r\n$1\r\n4\r\n")
        harness.run { recorder.outcomes.count == 4 }

        #expect(recorder[2] == [.bulk("2")])
        #expect(recorder[3] == [.outage(.outOfStep)])
        #expect(recorder[4] == [.outage(.outOfStep)])
        #expect(harness.connection.statistics.violations == 1)
    }

    @Test func `a receiver may call from within`() throws {
        try harness.start(with: fake)
        defer { recorder.onOutcome = nil }
        recorder.onOutcome = { [harness] token in if token < 50 { _ = harness.get("k", token: token + 1) } }
        #expect(harness.get("k", token: 1) == nil)

        harness.run {
            let commands = (fake.received() ?? "").split(separator: "*").count
            fake.send(String(repeating: "$-1\r\n", count: commands))
            return recorder.outcomes.count == 50
        }

        #expect(recorder.outcomes.map(\.token) == (1...50).map { UInt64($0) })
    }

    @Test func `a server that never answers the greeting is given up in time`() throws {
        harness.connection.start()
        #expect(harness.get("a", token: 1) == nil, "the first attempt is waited for")
        harness.run { fake.accept() }
        harness.run { !harness.events.isEmpty }

        #expect(recorder[1] == [.outage(.timedOut)])
        #expect(harness.events == [.unreachable("no answer within 400 ms")])
        #expect(harness.get("b") == .disconnected)
    }

    @Test(arguments: [
        ("-NOAUTH Authentication required.\r\n", true), ("-LOADING Redis is loading\r\n", false),
        ("-ERR max number of clients reached\r\n", false), ("HTTP/1.1 400 Bad\r\n", false),
        ("$-1\r\n", false),
    ])
    func `a bad greeting ends the attempt and is said once`(text: String, readsSecretAgain: Bool) throws {
        harness.connection.start()
        for _ in 0..<3 {
            harness.run { fake.accept() }
            fake.send(text)
        }
        harness.run(for: 200)

        #expect(harness.events.count == 1, "\(harness.events)")
        #expect(!harness.connection.isReady)
        #expect(readsSecretAgain ? harness.secretReads > 2 : harness.secretReads == 1)
    }

    @Test func `calls made while the greeting is out go behind it`() throws {
        harness.secrets = ["hush"]
        harness.connection.start()
        #expect(harness.get("early", token: 1) == nil)
        harness.run { fake.accept() }
        var greeting = ""
        harness.run {
            greeting += fake.received() ?? ""
            return greeting.hasSuffix("PING\r\n")
        }
        #expect(greeting == "*2\r\n$4\r\nAUTH\r\n$4\r\nhush\r\n*1\r\n$4\r\nPING\r\n")

        fake.send("+OK\r\n+PONG\r\n")
        harness.run { (fake.received() ?? "").contains("early") }
        fake.send("$1\r\nx\r\n")
        harness.run { !recorder[1].isEmpty }

        #expect(recorder[1] == [.bulk("x")])
    }

    @Test func `an unused connection is tried now and then`() throws {
        let harness = try Harness(.unix(path: fake.path)) { $0.idleProbe = 50 }
        try harness.start(with: fake)

        #expect(harness.run { (fake.received() ?? "").contains("PING") })
        fake.send("+PONG\r\n")
        #expect(harness.run { (fake.received() ?? "").contains("PING") })
        fake.hangUp()

        #expect(harness.run { harness.connection.statistics.losses == 1 })
    }

    @Test func `closed, it ends what waits and stays closed`() throws {
        try harness.start(with: fake)
        #expect(harness.get("a", token: 1) == nil)

        harness.connection.close()

        #expect(recorder[1] == [.outage(.disconnected)])
        #expect(harness.get("b") == .disconnected)
        harness.run(for: 200)
        #expect(!fake.accept())
    }

    @Test func `a host that cannot be resolved stalls nothing`() throws {
        let harness = try Harness(.tcp(host: "no-such-host.invalid", port: 6379))
        harness.connection.start()

        #expect(harness.run(5_000) { !harness.events.isEmpty })
        #expect(harness.get("a") == .disconnected)
    }

    @Test func `an impossible socket path is said, not trapped on`() throws {
        let harness = try Harness(.unix(path: "/" + String(repeating: "x", count: 200)))
        harness.connection.start()

        #expect(harness.events.count == 1)
    }

    @Test(arguments: 1...4)
    func `whatever is sent, every call ends once`(seed: Int) throws {
        var random = SeededRandom(seed)
        let pieces = [
            "$1\r\na\r\n", "$-1\r\n", "$3\r\nab", "c\r\n", "+OK\r\n", "-ERR x\r\n", ":1\r\n", "*1\r\n", "x",
            "\r\n",
            "-LOADING\r\n",
        ]
        let harness = try Harness(.unix(path: fake.path)) { $0.timeout = 30 }
        harness.connection.start()
        var token: UInt64 = 0
        for _ in 0..<800 {
            if fake.accept() { fake.send("+PONG\r\n") }
            switch Int.random(in: 0..<60, using: &random) {
            case 0..<30:
                if harness.get("k", token: token) == nil { token += 1 }
            case 30..<57:
                let commands = (fake.received() ?? "").split(separator: "GET").count - 1
                if commands > 0 { fake.send(String(repeating: "$1\r\na\r\n", count: commands)) }
            case 57, 58: fake.send(pieces[Int.random(in: 0..<pieces.count, using: &random)])
            default: fake.hangUp()
            }
            harness.loop.tick(limit: 1)
        }
        fake.closeAll()
        harness.connection.close()

        let counts = Dictionary(grouping: harness.recorder.outcomes, by: \.token).mapValues(\.count)
        #expect(counts.count == Int(token))
        #expect(counts.values.allSatisfy { $0 == 1 })
        #expect(harness.connection.inFlight == 0)
        #expect(token > 50)
        #expect(harness.connection.statistics.losses > 0)
    }
}
