import Redis
import RedisTestSupport
import Secrets
import Testing
import Transport

@testable import Sessions

@Suite("SessionStore and rotation")
struct RotationTests {
    let server: RealServer

    init() throws { server = try RealServer() }

    private func harness() throws -> StoreHarness {
        let harness = try StoreHarness(path: server.path)
        harness.redis.connection.start()
        return harness
    }

    private func rotate(
        _ harness: StoreHarness, _ record: SessionRecord, to new: SessionHash,
        _ kind: RotationKind = .graceful
    ) throws -> SessionRotation? {
        var view = SessionView()
        let encoded = try record.encoded()
        encoded.withUnsafeBytes { bytes in
            let found = SessionCheck.decodeIdentity(
                bytes, expecting: record.hash, realm: record.realm, now: record.created, into: &view)
            #expect(found == .found)
        }
        var outcome: SessionRotation?
        harness.store.rotate(record.hash, to: new, view, userID: record.userID, kind) { outcome = $0 }
        #expect(outcome == nil, "never within the call")
        harness.redis.run { outcome != nil }
        return outcome
    }

    private func stored(_ harness: StoreHarness, _ hash: SessionHash) -> SessionRecord? {
        let key = String(decoding: harness.store.commands.keys.record(hash), as: UTF8.self)
        guard case .bulk(let bytes) = harness.redis.ask("GET", key) else { return nil }
        return SessionRecord(decoding: [UInt8](bytes.utf8))
    }

    private func name(_ hash: SessionHash) -> String { String(decoding: hash.array, as: UTF8.self) }

    @Test func `a rotated session is the same under another name`() throws {
        let harness = try harness()
        let record = try harness.login("ada")
        let new = try harness.issuer.issue().hash

        #expect(try rotate(harness, record, to: new) == .rotated)
        var expected = record
        (expected.hash, expected.previous) = (new, record.hash)
        #expect(stored(harness, new) == expected)
        let old = try #require(stored(harness, record.hash))
        #expect(old.successor == new)
        #expect(old.graceEnd.map { $0 - Clock.wallMilliseconds() <= SessionStore.grace } == true)
        #expect(harness.lookup(record.hash) == .user("ada"))
        #expect(harness.lookup(new) == .user("ada"))
        #expect(harness.list("ada")?.map(\.record) == [expected])
        #expect(
            harness.redis.ask("ZSCORE", "gw:shop:u:ada", name(new)) == .bulk("\(record.created)"), "age stays"
        )
        guard case .integer(let left) = harness.redis.ask("PTTL", "gw:shop:s:\(name(record.hash))") else {
            return
        }
        #expect(1...10_000 ~= left)
        #expect(try rotate(harness, record, to: harness.issuer.issue().hash) == .alreadyRotated)
    }

    @Test func `the record stays good text however often it is rotated, and whatever is in it`() throws {
        let harness = try harness()
        var record = try harness.newRecord("ada")
        record.agent = [UInt8](#"","p":"x","k":"\"#.utf8) + [UInt8](repeating: 0x22, count: 200)
        record.roles = (0..<40).map { [UInt8]("role-number-\($0)-with-a-rather-long-name-to-fill-it".utf8) }
        record.name = [UInt8](repeating: 0x22, count: 254)
        #expect(harness.create(record) == .created(evicted: 0))
        for _ in 0..<5 {
            let stored = try #require(self.stored(harness, record.hash))
            let new = try harness.issuer.issue().hash
            #expect(try rotate(harness, stored, to: new) == .rotated)
            let old = try #require(self.stored(harness, record.hash))
            #expect(try old.encoded().count <= SessionRecord.maximumCount)
            record = try #require(self.stored(harness, new))
            #expect(
                record.agent == stored.agent && record.roles == stored.roles && record.name == stored.name)
            #expect(record.previous == stored.hash && record.graceEnd == nil && record.successor == nil)
        }
    }

    @Test func `any of its names ends all of them`() throws {
        for last in 0..<4 {
            let harness = try harness()
            var chain = [try harness.login("ada")]
            for _ in 0..<3 {
                let new = try harness.issuer.issue().hash
                #expect(try rotate(harness, try #require(chain.last), to: new) == .rotated)
                chain.append(try #require(stored(harness, new)))
            }
            #expect(harness.end(chain[last]) == true)
            #expect(chain.map { harness.lookup($0.hash) } == Array(repeating: .absent, count: 4))
            #expect(harness.redis.ask("KEYS", "gw:shop:*") == .array([]), "nothing is left behind")
        }
    }

    @Test func `only so many names answer at a time, however often a session is rotated`() throws {
        let harness = try harness()
        var record = try harness.login("ada")
        var hashes = [record.hash]
        for _ in 0..<40 {
            let new = try harness.issuer.issue().hash
            #expect(try rotate(harness, record, to: new) == .rotated)
            record = try #require(stored(harness, new))
            hashes.append(new)
        }

        let alive = hashes.filter { harness.lookup($0) == .user("ada") }
        #expect(alive == hashes.suffix(10))
        let oldest = try #require(alive.first.flatMap { self.stored(harness, $0) })
        #expect(harness.end(oldest) == true)
        #expect(harness.redis.ask("DBSIZE") == .integer(0))
    }

    @Test func `what has ended is not brought back`() throws {
        let harness = try harness()
        let record = try harness.login("ada")
        #expect(harness.end(record) == true)
        let new = try harness.issuer.issue().hash

        for kind in [RotationKind.graceful, .endingOthers] {
            #expect(try rotate(harness, record, to: new, kind) == .absent)
        }
        #expect(harness.redis.ask("KEYS", "gw:shop:*") == .array([]))
    }

    @Test func `with the password all others end, and the old name at once`() throws {
        let harness = try harness()
        let record = try harness.login("ada")
        let others = [try harness.login("ada"), try harness.login("ada")]
        let moved = try harness.issuer.issue().hash
        #expect(try rotate(harness, others[0], to: moved) == .rotated)
        let stranger = try harness.login("bob")
        let new = try harness.issuer.issue().hash

        #expect(try rotate(harness, record, to: new, .endingOthers) == .rotated)
        for hash in [record.hash, others[0].hash, others[1].hash, moved] {
            #expect(harness.lookup(hash) == .absent)
        }
        #expect(harness.lookup(new) == .user("ada"))
        #expect(harness.lookup(stranger.hash) == .user("bob"))
        #expect(stored(harness, new)?.previous == nil)
    }

    @Test func `others end, and this session stays under both of its names`() throws {
        let harness = try harness()
        let record = try harness.login("ada")
        let other = try harness.login("ada")
        let new = try harness.issuer.issue().hash
        #expect(try rotate(harness, record, to: new) == .rotated)

        #expect(harness.endAll("ada", except: record.hash) != nil)
        #expect(harness.lookup(other.hash) == .absent)
        #expect(harness.lookup(record.hash) == .user("ada"))
        #expect(harness.lookup(new) == .user("ada"))
        #expect(harness.endAll("ada") != nil)
        #expect(harness.lookup(record.hash) == .absent)
        #expect(harness.lookup(new) == .absent)
    }

    @Test func `a record that names itself as what came before or after does not hold Redis up`() throws {
        let harness = try harness()
        var record = try harness.newRecord("ada")
        (record.previous, record.successor, record.graceEnd) = (record.hash, record.hash, record.absoluteEnd)
        #expect(harness.create(record) == .created(evicted: 0))

        let new = try harness.issuer.issue().hash
        #expect(try rotate(harness, record, to: new) == .alreadyRotated)
        #expect(harness.endAll("ada", except: record.hash) != nil)
        #expect(harness.end(record) == true)
        #expect(harness.lookup(record.hash) == .absent)
    }

    @Test func `roles that change reach every name`() throws {
        let harness = try harness()
        let record = try harness.login("ada")
        let new = try harness.issuer.issue().hash
        #expect(try rotate(harness, record, to: new) == .rotated)
        var changed: Int??
        harness.store.setRoles([[UInt8]("admin".utf8)], userID: record.userID) { changed = .some($0) }
        harness.redis.run { changed != nil }

        #expect(changed == .some(1))
        for hash in [record.hash, new] {
            #expect(stored(harness, hash)?.roles == [[UInt8]("admin".utf8)])
        }
        #expect(stored(harness, record.hash)?.graceEnd != nil)
    }
}
