import Redis
import RedisTestSupport
import Testing
import Transport

@testable import Sessions

@Suite("SessionStore and redis-server")
struct SessionStoreTests {
    let server: RealServer

    init() throws { server = try RealServer() }

    private func harness(limit: Int = 0, whenFull: SessionLimitPolicy = .evictOldest, touch: Int = 60_000)
        throws
        -> StoreHarness
    {
        let harness = try StoreHarness(
            path: server.path, limit: limit, whenFull: whenFull, touch: touch)
        harness.redis.connection.start()
        return harness
    }

    @Test func `a session is there from login to logout`() throws {
        let harness = try harness()
        let record = try harness.login("ada")

        #expect(harness.lookup(record.hash) == .user("ada"))
        #expect(harness.lookup(try harness.newRecord("eve").hash) == .absent)
        #expect(harness.end(record) == true)
        #expect(harness.lookup(record.hash) == .absent)
        #expect(harness.end(record) == true, "ending it again is no error")
        #expect(harness.redis.ask("KEYS", "*") == .array([]), "nothing is left behind")
    }

    @Test func `the keys, their content and their life are as documented`() throws {
        let harness = try harness()
        let record = try harness.login("ada")
        let hash = String(decoding: record.hash.array, as: UTF8.self)

        #expect(harness.redis.ask("GET", "gw:shop:s:\(hash)") == .bulk(text(try record.encoded())))
        #expect(harness.redis.ask("ZSCORE", "gw:shop:u:ada", hash) == .bulk("\(harnessTime(record))"))
        for (key, life) in [("s:\(hash)", 7_200_000), ("u:ada", 86_400_000), ("t:ada", 86_400_000)] {
            guard case .integer(let left) = harness.redis.ask("PTTL", "gw:shop:\(key)") else {
                Issue.record("no life: \(key)")
                continue
            }
            // The two read clocks of different grain.
            #expect((Int64(life) - 5_000)...(Int64(life) + 10) ~= left, "\(key)")
        }
        guard case .array(let keys) = harness.redis.ask("KEYS", "*") else { return }
        #expect(keys.count == 3)
    }

    @Test func `a login ends the session that the client had before, whoever's it was`() throws {
        let harness = try harness()
        let first = try harness.login("ada")
        let second = try harness.login("bob", replacing: first.hash)
        let third = try harness.login("bob", replacing: second.hash)

        #expect(harness.lookup(first.hash) == .absent)
        #expect(harness.lookup(second.hash) == .absent)
        #expect(harness.lookup(third.hash) == .user("bob"))
        #expect(harness.redis.ask("EXISTS", "gw:shop:u:ada", "gw:shop:t:ada") == .integer(0))
        #expect(harness.list("bob")?.map(\.record) == [third])
    }

    @Test func `beyond the limit the oldest go, never the new one`() throws {
        let harness = try harness(limit: 3)
        var records: [SessionRecord] = []
        for _ in 0..<5 {
            records.append(try harness.login("ada"))
            harness.redis.run(for: 3)
        }

        #expect(
            records.map { harness.lookup($0.hash) } == [.absent, .absent]
                + Array(repeating: .user("ada"), count: 3))
        #expect(harness.list("ada")?.map(\.record) == Array(records.suffix(3)))

        // The limit was lowered: as many go as it takes.
        let lower = try self.harness(limit: 1)
        let last = try lower.newRecord("ada")
        #expect(lower.create(last) == .created(evicted: 3))
        #expect(lower.list("ada")?.map(\.record) == [last])
    }

    @Test func `beyond the limit the one unused longest may go, never the new one`() throws {
        let harness = try harness(limit: 3, whenFull: .evictIdle)
        let first = try harness.login("ada")
        harness.redis.run(for: 3)
        let second = try harness.login("ada")
        harness.redis.run(for: 3)
        let third = try harness.login("ada")
        // The oldest is used, and the latest was never seen: nobody knows of any use of it.
        let name = { (record: SessionRecord) in String(decoding: record.hash.array, as: UTF8.self) }
        #expect(harness.redis.ask("ZADD", "gw:shop:t:ada", "99999999999999", name(first)) == .integer(0))
        #expect(harness.redis.ask("ZREM", "gw:shop:t:ada", name(third)) == .integer(1))

        let fourth = try harness.newRecord("ada")
        #expect(harness.create(fourth) == .created(evicted: 1))
        #expect(harness.lookup(third.hash) == .absent)
        let fifth = try harness.newRecord("ada")
        #expect(harness.create(fifth) == .created(evicted: 1))
        #expect(harness.lookup(second.hash) == .absent)
        #expect(
            [first, fourth, fifth].map { harness.lookup($0.hash) } == Array(repeating: .user("ada"), count: 3)
        )
    }

    @Test func `beyond the limit a login may be rejected, and then changes nothing`() throws {
        let harness = try harness(limit: 2, whenFull: .reject)
        let first = try harness.login("ada")
        let second = try harness.login("ada")

        #expect(harness.create(try harness.newRecord("ada")) == .limitReached)
        #expect(
            harness.create(try harness.newRecord("ada"), replacing: try harness.login("bob").hash)
                == .limitReached)
        #expect(harness.lookup(first.hash) == .user("ada"))
        #expect(harness.list("bob")?.count == 1)
        #expect(harness.create(try harness.newRecord("ada"), replacing: second.hash) == .created(evicted: 0))
        #expect(harness.lookup(second.hash) == .absent)
    }

    @Test func `sessions that Redis has dropped count no more`() throws {
        let harness = try harness(limit: 2, whenFull: .reject)
        let first = try harness.login("ada")
        _ = try harness.login("ada")
        #expect(harness.redis.ask("DEL", harness.keyName(first)) == .integer(1))

        #expect(harness.create(try harness.newRecord("ada")) == .created(evicted: 0))
        #expect(harness.redis.ask("ZCARD", "gw:shop:u:ada") == .integer(2))
        #expect(harness.redis.ask("ZCARD", "gw:shop:t:ada") == .integer(2))
    }

    @Test func `a session's secret is never made twice`() throws {
        let harness = try harness()
        let record = try harness.login("ada")

        var copy = try harness.newRecord("eve")
        copy.hash = record.hash

        #expect(harness.create(copy) == .unavailable(.refused))
        #expect(harness.lookup(record.hash) == .user("ada"))
    }

    @Test func `a record that the receiver knows is not read anew, but its end is kept`() throws {
        let harness = try harness()
        let record = try harness.login("ada")
        let other = try harness.login("eve")
        var learned: (record: [UInt8], hash: SessionHash, view: SessionView)?
        harness.onFound = { view, hash, bytes in learned = ([UInt8](bytes), hash, view) }
        #expect(harness.lookup(record.hash) == .user("ada"))
        harness.onFound = nil
        var known = try #require(learned)

        known.view.userID = known.view.handle
        harness.known = known
        let handle = String(decoding: record.handle, as: UTF8.self)
        #expect(harness.lookup(record.hash) == .user(handle), "what is known was not used")
        #expect(harness.lookup(other.hash) == .user("eve"), "what is known is another's")
        known.view.absoluteEnd = Clock.wallMilliseconds() - 1
        harness.known = known
        #expect(harness.lookup(record.hash) == .expired)
        known.view.absoluteEnd = .max
        known.view.graceEnd = Clock.wallMilliseconds() - 1
        harness.known = known
        #expect(harness.lookup(record.hash) == .expired)
        known.record[5] ^= 1
        harness.known = known
        #expect(
            harness.lookup(record.hash) == .user("ada"), "other bytes were taken for those that are known")
    }

    @Test func `all of a user's sessions end at once, or all but one`() throws {
        let harness = try harness()
        let records = try (0..<4).map { _ in try harness.login("ada") }
        let other = try harness.login("adam")

        #expect(harness.endAll("ada", except: records[2].hash) == 3)
        #expect(records.map { harness.lookup($0.hash) } == [.absent, .absent, .user("ada"), .absent])
        #expect(harness.list("ada")?.map(\.record) == [records[2]])
        #expect(harness.endAll("ada") == 1)
        #expect(harness.lookup(records[2].hash) == .absent)
        #expect(harness.redis.ask("EXISTS", "gw:shop:u:ada", "gw:shop:t:ada") == .integer(0))
        #expect(harness.lookup(other.hash) == .user("adam"), "a name that begins alike is another user")
        #expect(harness.endAll("nobody") == 0)
    }

    @Test func `every end is published`() throws {
        let listener = try Subscriber(path: server.path)
        defer { listener.stop() }
        let harness = try harness(limit: 1)
        let first = try harness.login("ada")
        let second = try harness.login("ada")
        let third = try harness.login("ada", replacing: second.hash)
        #expect(harness.end(third) == true)
        _ = try harness.login("ada")
        #expect(harness.endAll("ada") != nil)

        let handles = [first, second, third].map { "s:" + text($0.handle) }
        let heard = try listener.messages(atLeast: 5)
        #expect(Array(heard.prefix(3)) == handles)
        #expect(heard.last == "u:ada")
    }

    @Test func `users and realms with names that run together stay apart`() throws {
        let harness = try harness()
        let other = try StoreHarness(path: server.path, realm: "shop2")
        other.redis.connection.start()
        let record = try harness.login("a")

        #expect(other.lookup(record.hash) == .absent)
        #expect(other.endAll("a") != nil)
        #expect(harness.lookup(record.hash) == .user("a"))
    }

    @Test func `a touch extends the life, at most once in its time, and brings nothing back`() throws {
        let harness = try harness(touch: 60_000)
        let record = try harness.login("ada")
        harness.onFound = { [store = harness.store] in store.touch($1, $0, in: $2) }
        let name = harness.keyName(record)
        #expect(harness.redis.ask("PEXPIRE", name, "50000") == .integer(1))
        #expect(harness.redis.ask("ZADD", "gw:shop:t:ada", "1", text(record.hash.array)) == .integer(0))

        // This worker made the session: it counts as touched.
        #expect(harness.lookup(record.hash) == .user("ada"))
        #expect(life(harness, name) <= 50_000)

        // Another worker knows nothing of that.
        let other = try self.harness(touch: 60_000)
        other.onFound = { [store = other.store] in store.touch($1, $0, in: $2) }
        #expect(other.lookup(record.hash) == .user("ada"))
        other.redis.run { other.redis.connection.inFlight == 0 }
        #expect(life(harness, name) > 7_190_000)
        let seen = try #require(harness.list("ada")?.first?.lastSeen)
        #expect(abs(seen - Clock.wallMilliseconds()) < 5_000)

        #expect(harness.redis.ask("PEXPIRE", name, "50000") == .integer(1))
        #expect(other.lookup(record.hash) == .user("ada"))
        other.redis.run { other.redis.connection.inFlight == 0 }
        #expect(life(harness, name) <= 50_000, "not again within its time")
    }

    @Test func `a request in flight does not bring an ended session back`() throws {
        let harness = try harness(touch: 0)
        let record = try harness.login("ada")
        defer { harness.onFound = nil }
        harness.onFound = { [harness] view, hash, bytes in
            // Logout overtakes the touch.
            harness.store.end(record.hash, userID: record.userID, handle: record.handle) { _ in }
            harness.store.touch(hash, view, in: bytes)
        }

        #expect(harness.lookup(record.hash) == .user("ada"))
        harness.redis.run { harness.redis.connection.inFlight == 0 }

        #expect(harness.redis.ask("KEYS", "*") == .array([]))
    }

    @Test func `a touch never passes the absolute end`() throws {
        let harness = try harness(touch: 0)
        var record = try harness.newRecord("ada")
        record.absoluteEnd = record.created + 20_000
        #expect(harness.create(record) == .created(evicted: 0))
        harness.onFound = { [store = harness.store] in store.touch($1, $0, in: $2) }

        #expect(harness.lookup(record.hash) == .user("ada"))
        harness.redis.run { harness.redis.connection.inFlight == 0 }

        #expect(1...20_000 ~= life(harness, harness.keyName(record)))
    }

    @Test func `a remembered session has no idle limit, and its life is not touched`() throws {
        let harness = try harness(touch: 0)
        var record = try harness.newRecord("ada")
        record.isRemembered = true
        record.absoluteEnd = record.created + 30 * 86_400_000
        #expect(harness.create(record) == .created(evicted: 0))
        #expect(life(harness, harness.keyName(record)) > 29 * 86_400_000)
        #expect(harness.redis.ask("PEXPIRE", harness.keyName(record), "50000") == .integer(1))
        harness.onFound = { [store = harness.store] in store.touch($1, $0, in: $2) }

        #expect(harness.lookup(record.hash) == .user("ada"))
        harness.redis.run { harness.redis.connection.inFlight == 0 }

        #expect(life(harness, harness.keyName(record)) <= 50_000)
    }

    @Test(arguments: [
        (["SET", "KEY", ""], StoreHarness.Found.unavailable(.badRecord(.undecodable))),
        (["SET", "KEY", "{}"], .unavailable(.badRecord(.undecodable))),
        (["SET", "KEY", String(repeating: "x", count: 4097)], .unavailable(.badRecord(.tooLong))),
        (["HSET", "KEY", "a", "b"], .unavailable(.refused)), (["RPUSH", "KEY", "a"], .unavailable(.refused)),
        (["SADD", "KEY", "a"], .unavailable(.refused)),
    ])
    func `whatever else stands in a record's place lets nobody in and logs nobody out`(
        command: [String], answer: StoreHarness.Found
    ) throws {
        let harness = try harness()
        let record = try harness.newRecord("ada")
        let words = command.map { [UInt8](($0 == "KEY" ? harness.keyName(record) : $0).utf8) }
        var isSet = false
        harness.redis.connection.call(RedisCommand(words)) { _ in isSet = true }
        harness.redis.run { isSet }

        #expect(harness.lookup(record.hash) == answer)
        #expect(harness.redis.connection.statistics.losses == 0)
    }

    @Test func `the record of another session raises an alarm and cuts the connection`() throws {
        let harness = try harness()
        let record = try harness.login("ada")
        let other = try harness.newRecord("eve")
        #expect(harness.redis.ask("COPY", harness.keyName(record), harness.keyName(other)) == .integer(1))

        #expect(harness.lookup(other.hash) == .unavailable(.outOfStep))

        #expect(harness.alarms.count == 1)
        #expect(harness.redis.connection.statistics.violations == 1)
        #expect(harness.redis.run { harness.redis.connection.isReady })
        #expect(harness.lookup(record.hash) == .user("ada"))
    }

    @Test func `a full server makes no session, takes none away and still knows those there are`() throws {
        let harness = try harness(limit: 1)
        let record = try harness.login("ada")
        #expect(harness.redis.ask("CONFIG", "SET", "maxmemory", "1") == .status("OK"))

        #expect(harness.create(try harness.newRecord("ada")) == .unavailable(.refused))

        #expect(harness.lookup(record.hash) == .user("ada"))
        #expect(harness.list("ada")?.count == 1)
        #expect(harness.end(record) == true, "logging out needs no room")
    }

    @Test func `with the server gone everything says so, and sessions outlive it`() throws {
        let harness = try harness()
        let record = try harness.login("ada")
        server.kill()
        harness.redis.run { !harness.redis.connection.isReady }

        #expect(harness.lookup(record.hash) == .unavailable(.redis(.disconnected)))
        #expect(harness.create(try harness.newRecord("bob")) == .unavailable(.redis(.disconnected)))
        #expect(harness.end(record) == false)
        #expect(harness.endAll("ada") == nil)
        #expect(harness.list("ada") == nil)
    }

    @Test func `a record that cannot be written is no session`() throws {
        let harness = try harness()
        var record = try harness.newRecord("ada")
        record.userID = [UInt8]("no good".utf8)

        #expect(harness.create(record) == .unavailable(.badRecord(.undecodable)))
        #expect(harness.redis.ask("DBSIZE") == .integer(0))
    }

    @Test func `lookups of many sessions at once find each its own`() throws {
        let harness = try harness()
        let records = try (0..<200).map { try harness.login("user-\($0)") }
        for round in 0..<5 {
            for (index, record) in records.enumerated().shuffled() {
                harness.store.lookup(record.hash, receiver: harness, token: UInt64(round * 1_000 + index))
            }
        }
        harness.redis.run { harness.found.count == 1_000 }

        #expect(harness.found.count == 1_000)
        for (token, answer) in harness.found { #expect(answer == .user("user-\(token % 1_000)")) }
    }

    private func life(_ harness: StoreHarness, _ name: String) -> Int64 {
        guard case .integer(let left) = harness.redis.ask("PTTL", name) else { return -3 }
        return left
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    /// How Redis prints the score of a session that began at this time.
    private func harnessTime(_ record: SessionRecord) -> String { "\(record.created)" }
}
