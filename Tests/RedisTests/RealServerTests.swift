import Glibc
import RedisTestSupport
import Testing
import Transport

@testable import Redis

@Suite("RedisConnection and redis-server")
struct RealServerTests {
    @Test func `speaks to a server over a unix socket`() throws {
        let server = try RealServer()
        let harness = try Harness(.unix(path: server.path))
        harness.connection.start()

        #expect(harness.ask("SET", "k", "a\r\nb") == .status("OK"))
        #expect(harness.get("k", token: 1) == nil)
        #expect(harness.get("none", token: 2) == nil)
        #expect(harness.call("INCR", "k", token: 3) == nil)
        #expect(harness.call("EVAL", "return {1, {'a', false}}", "0", token: 4) == nil)
        harness.run { harness.recorder.outcomes.count == 4 }

        #expect(harness.recorder[1] == [.bulk("a\r\nb")])
        #expect(harness.recorder[2] == [.null])
        #expect(harness.recorder[3] == [.error("ERR value is not an integer or out of range")])
        #expect(harness.recorder[4] == [.array([.integer(1), .array([.bulk("a"), .null])])])
        #expect(harness.connection.isReady)
    }

    @Test func `speaks to a server over TCP by name`() throws {
        // The kernel finds a free port; the server takes it at once.
        let probe = try Sockets.listen(try #require(SocketAddress(literal: "127.0.0.1", port: 0)), backlog: 1)
        let port = try #require(Sockets.localAddress(probe.number)).port
        close(probe.release())
        let server = try RealServer(["--port", "\(port)", "--bind", "127.0.0.1"])
        let harness = try Harness(.tcp(host: "localhost", port: port)) { $0.timeout = 2_000 }
        harness.connection.start()

        #expect(harness.ask("PING") == .status("PONG"))
        _ = server
    }

    @Test func `logs in with a password and picks the database`() throws {
        let server = try RealServer(["--requirepass", "geheim"])
        let other = try Harness(.unix(path: server.path))
        other.secrets = ["geheim"]
        other.connection.start()
        let harness = try Harness(.unix(path: server.path)) { $0.database = 3 }
        harness.secrets = ["geheim"]
        harness.connection.start()

        #expect(harness.ask("SET", "k", "in 3") == .status("OK"))
        #expect(harness.ask("GET", "k") == .bulk("in 3"))
        #expect(other.ask("GET", "k") == .null)
    }

    @Test func `logs in as an ACL user who may do little`() throws {
        let server = try RealServer()
        let admin = try Harness(.unix(path: server.path))
        admin.connection.start()
        #expect(
            admin.ask(
                "ACL", "SETUSER", "gateway", "on", ">pw", "~gw:*", "&gw:*", "+@read", "+@write", "+ping")
                == .status("OK"))
        #expect(admin.ask("ACL", "SETUSER", "mute", "on", ">pw", "~gw:*", "+get") == .status("OK"))

        for user in ["gateway", "mute"] {
            let harness = try Harness(.unix(path: server.path)) { $0.user = [UInt8](user.utf8) }
            harness.secrets = ["pw"]
            harness.connection.start()
            #expect(harness.ask("GET", "gw:x") == .null)
            guard case .error(let text) = harness.ask("GET", "other") else {
                Issue.record("a key beyond its rights was read")
                continue
            }
            #expect(text.hasPrefix("NOPERM"))
            #expect(harness.connection.isReady)
        }
    }

    @Test func `a changed password is read again and found good`() throws {
        let server = try RealServer(["--requirepass", "new"])
        let harness = try Harness(.unix(path: server.path))
        harness.secrets = ["old", "old", "new"]
        harness.connection.start()

        #expect(harness.run { harness.connection.isReady })

        #expect(harness.secretReads == 3)
        #expect(harness.events.count == 2)
        #expect(harness.ask("PING") == .status("PONG"))
    }

    @Test func `stopped, it costs callers a quarter second, and nobody gets another's answer afterwards`()
        throws
    {
        let server = try RealServer()
        let harness = try Harness(.unix(path: server.path))
        harness.connection.start()
        for number in 0..<200 { _ = harness.call("SET", "k\(number)", "v\(number)") }
        harness.run { harness.recorder.outcomes.count == 200 }

        server.pause()
        var asked: [UInt64: Int64] = [:]
        var refused = 0
        let end = Clock.monotonicMilliseconds() + 1_500
        var number: UInt64 = 1_000
        while Clock.monotonicMilliseconds() < end {
            if harness.get("k\(number % 200)", token: number) == nil {
                asked[number] = harness.loop.now
            } else {
                refused += 1
            }
            number += 1
            harness.loop.tick(limit: 2)
        }
        harness.run { harness.recorder.outcomes.count == 200 + asked.count }
        #expect(!asked.isEmpty)
        for token in asked.keys {
            let outcomes = harness.recorder[token]
            #expect(outcomes.count == 1)
            guard case .outage = outcomes.first else {
                Issue.record("an answer from a stopped server: \(outcomes)")
                continue
            }
        }
        server.resume()
        let resumed = harness.loop.now
        #expect(harness.run { harness.connection.isReady })
        #expect(harness.loop.now - resumed < 2_000)
        for number in 2_000..<2_200 { #expect(harness.get("k\(number % 200)", token: UInt64(number)) == nil) }
        harness.run { !harness.recorder[2_199].isEmpty }
        for number in 2_000..<2_200 {
            #expect(harness.recorder[UInt64(number)] == [.bulk("v\(number % 200)")])
        }
    }

    @Test func `paused by a client, its late replies are dropped`() throws {
        let server = try RealServer()
        let harness = try Harness(.unix(path: server.path))
        harness.connection.start()
        #expect(harness.ask("SET", "k", "v") == .status("OK"))
        #expect(harness.ask("CLIENT", "PAUSE", "600", "ALL") == .status("OK"))

        for token in 1...50 { #expect(harness.get("k", token: UInt64(token)) == nil) }
        harness.run { harness.connection.inFlight == 0 }

        #expect(harness.recorder.outcomes.count == 50)
        #expect(harness.recorder.outcomes.allSatisfy { $0.outcome == .outage(.timedOut) })
        #expect(harness.connection.statistics.lateReplies == 50)
        #expect(harness.connection.statistics.losses == 0)
        #expect(harness.ask("GET", "k") == .bulk("v"))
    }

    @Test
    func
        `killed and started again under load, it serves within two seconds and answers stay with their callers`()
        throws
    {
        let server = try RealServer()
        let harness = try Harness(.unix(path: server.path))
        harness.connection.start()
        var accepted = 0
        for round in 0..<3 {
            for number in 0..<100 { _ = harness.call("SET", "k\(number)", "v\(number)", token: .max) }
            harness.run { harness.connection.inFlight == 0 }
            let end = Clock.monotonicMilliseconds() + 200
            var isKilled = false
            while Clock.monotonicMilliseconds() < end {
                for number in 0..<100 where harness.get("k\(number)", token: UInt64(number)) == nil {
                    accepted += 1
                }
                harness.loop.tick(limit: 1)
                if !isKilled, end - Clock.monotonicMilliseconds() < 100 {
                    server.kill()
                    isKilled = true
                }
            }
            harness.run { harness.connection.inFlight == 0 }
            try server.start()
            let started = harness.loop.now
            #expect(harness.run { harness.connection.isReady }, "round \(round)")
            #expect(harness.loop.now - started < 2_000)
        }

        let reads = harness.recorder.outcomes.filter { $0.token != .max }
        #expect(reads.count == accepted)
        for (token, outcome) in reads {
            if case .bulk(let value) = outcome { #expect(value == "v\(token)") }
            if case .error(let text) = outcome { Issue.record("\(text)") }
        }
        #expect(harness.connection.statistics.losses >= 3)
        #expect(harness.connection.statistics.violations == 0)
    }

    @Test func `a value of 10 MB cuts the connection, and the next call is served`() throws {
        let server = try RealServer()
        let harness = try Harness(.unix(path: server.path)) { $0.timeout = 2_000 }
        harness.connection.start()
        #expect(harness.ask("SET", "k", "v") == .status("OK"))
        #expect(harness.ask("EVAL", "redis.call('SET', 'big', string.rep('x', 10485760))", "0") == .null)

        #expect(harness.ask("GET", "big") == .outage(.outOfStep))

        #expect(harness.ask("GET", "k") == .bulk("v"))
        #expect(harness.events.contains(.lost("it does not speak the protocol: a reply is too large")))
    }

    @Test func `a server that may not write is left, and found again when it may`() throws {
        let server = try RealServer()
        let admin = try Harness(.unix(path: server.path))
        admin.connection.start()
        let harness = try Harness(.unix(path: server.path))
        harness.connection.start()
        #expect(harness.ask("SET", "k", "v") == .status("OK"))

        #expect(admin.ask("REPLICAOF", "127.0.0.1", "1") == .status("OK"))
        #expect(harness.ask("SET", "k", "w") == .outage(.refused))
        #expect(harness.connection.statistics.losses == 1)
        #expect(admin.ask("REPLICAOF", "NO", "ONE") == .status("OK"))
        harness.run { harness.connection.isReady }

        #expect(harness.ask("SET", "k", "w") == .status("OK"))
    }

    @Test func `not there at first, it is found when it comes`() throws {
        let server = try RealServer()
        server.kill()
        let harness = try Harness(.unix(path: server.path))
        harness.connection.start()
        harness.run(for: 300)
        #expect(harness.get("k") == .disconnected)

        try server.start()

        #expect(harness.run(2_000) { harness.connection.isReady })
        #expect(harness.ask("PING") == .status("PONG"))
    }
}
