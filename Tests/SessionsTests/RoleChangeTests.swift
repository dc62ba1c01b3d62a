import Redis
import RedisTestSupport
import Testing
import Transport

@testable import Sessions

@Suite("Roles of live sessions")
struct RoleChangeTests {
    let server: RealServer
    let harness: StoreHarness

    init() throws {
        server = try RealServer()
        harness = try StoreHarness(path: server.path)
        harness.redis.connection.start()
    }

    private func setRoles(_ roles: [String], _ user: String) -> Int? {
        var count: Int??
        harness.store.setRoles(roles.map { [UInt8]($0.utf8) }, userID: [UInt8](user.utf8)) {
            count = .some($0)
        }
        #expect(count == nil, "never within the call")
        harness.redis.run { count != nil }
        return count ?? nil
    }

    private func login(_ user: String, roles: [String], agent: String = "", name: String? = nil) throws
        -> SessionRecord
    {
        var record = try harness.newRecord(user)
        record.roles = roles.map { [UInt8]($0.utf8) }
        record.agent = [UInt8](agent.utf8)
        if let name { record.name = [UInt8](name.utf8) }
        #expect(harness.create(record) == .created(evicted: 0))
        return record
    }

    private func stored(_ record: SessionRecord) -> SessionRecord? {
        guard case .bulk(let text) = harness.redis.ask("GET", harness.keyName(record)) else { return nil }
        return SessionRecord(decoding: [UInt8](text.utf8))
    }

    @Test(
        arguments: [
            ([], ["admin"]), (["admin"], []), (["a", "b"], ["c"]), (["a]", "[b"], ["x]"]),
            (["editor"], ["editor", "admin"]), (["]"], ["[", "]", "{}"]),
        ] as [([String], [String])])
    func `every session of the user has the new roles, and nothing else changes`(
        before: [String], after: [String]
    ) throws {
        let first = try login("ada", roles: before)
        let second = try login("ada", roles: before, agent: #"x","r":["root"]} \ "r":[]"#)
        let odd = try login("ada", roles: before, name: #"r":["q"]"#)
        let other = try login("bob", roles: before)

        #expect(setRoles(after, "ada") == 3)

        for record in [first, second, odd] {
            var expected = record
            expected.roles = after.map { [UInt8]($0.utf8) }
            #expect(stored(record) == expected)
            guard case .bulk(let text) = harness.redis.ask("GET", harness.keyName(record)) else { continue }
            #expect([UInt8](text.utf8) == (try expected.encoded()))
        }
        #expect(stored(other) == other)
    }

    @Test func `the next lookup sees them`() throws {
        let record = try login("ada", roles: ["user"])
        #expect(setRoles(["admin"], "ada") == 1)

        var roles: [String] = []
        harness.onFound = { view, _, bytes in
            view.forEachRole(in: bytes) { roles.append(String(decoding: $0, as: UTF8.self)) }
        }
        #expect(harness.lookup(record.hash) == .user("ada"))
        #expect(roles == ["admin"])
    }

    @Test func `a session's life stays what it was`() throws {
        let record = try login("ada", roles: [])
        _ = harness.redis.ask("PEXPIRE", harness.keyName(record), "5000")
        #expect(setRoles(["admin"], "ada") == 1)
        guard case .integer(let left) = harness.redis.ask("PTTL", harness.keyName(record)) else {
            Issue.record("no life")
            return
        }
        #expect(1...5_000 ~= left)
    }

    @Test func `a session that has ended is not brought back`() throws {
        let record = try login("ada", roles: [])
        _ = harness.redis.ask("DEL", harness.keyName(record))
        #expect(setRoles(["admin"], "ada") == 0)
        #expect(harness.lookup(record.hash) == .absent)
    }

    @Test func `open connections are told once, and only of a change`() throws {
        let subscriber = try Subscriber(path: server.path)
        defer { subscriber.stop() }
        let first = try login("ada", roles: [])
        _ = try login("ada", roles: [])
        #expect(setRoles(["admin"], "ada") == 2)
        #expect(setRoles(["admin"], "ada") == 0)
        #expect(harness.end(first) == true)
        let handle = String(decoding: first.handle, as: UTF8.self)
        #expect(try subscriber.messages(atLeast: 2) == ["u:ada", "s:\(handle)"])
    }

    @Test(arguments: ["no record", #"{"r":["a""#, #"{"v":1}"#, #"{"r":[1]}"#])
    func `a record that cannot be rewritten ends`(text: String) throws {
        let good = try login("ada", roles: [])
        let bad = try login("ada", roles: [])
        _ = harness.redis.ask("SET", harness.keyName(bad), text)

        #expect(setRoles(["admin"], "ada") == 2)
        #expect(harness.lookup(bad.hash) == .absent)
        #expect(harness.list("ada")?.map(\.record.hash) == [good.hash])
    }

    @Test func `what is no role, and what has no room, is left out`() throws {
        let record = try login("ada", roles: [])
        #expect(setRoles(["ok", "a,b", "\"", ""], "ada") == 1)
        #expect(stored(record)?.roles == [[UInt8]("ok".utf8)])
        let many = (0..<200).map { "role-number-\($0)" }
        #expect(setRoles(many, "ada") == 1)
        #expect(harness.lookup(record.hash) == .user("ada"))
        #expect((stored(record)?.roles.count ?? 0) > 100)
    }

    @Test func `without Redis nobody can tell`() throws {
        server.kill()
        harness.redis.run(for: 50)
        #expect(setRoles(["admin"], "ada") == nil)
    }
}
