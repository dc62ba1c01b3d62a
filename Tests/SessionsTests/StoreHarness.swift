import Redis
import RedisTestSupport
import Secrets
import Testing
import Transport

@testable import Sessions

/// A store on a connection of its own, and what its lookups found.
final class StoreHarness: SessionReceiver {
    let redis: Harness
    let store: SessionStore
    let issuer: TicketIssuer
    private(set) var found: [(token: UInt64, answer: Found)] = []
    private(set) var alarms: [String] = []
    var onFound: ((SessionView, SessionHash, UnsafeRawBufferPointer) -> Void)?

    enum Found: Equatable {
        case user(String), absent, expired, unavailable(SessionOutage)
    }

    init(
        path: String, realm: String = "shop", limit: Int = 0, whenFull: SessionLimitPolicy = .evictOldest,
        touch: Int = 60_000
    ) throws {
        redis = try Harness(.unix(path: path))
        store = SessionStore(
            redis: redis.connection, loop: redis.loop, prefix: [UInt8]("gw".utf8), realm: [UInt8](realm.utf8),
            touchMilliseconds: touch, limit: limit, whenFull: whenFull)
        issuer = TicketIssuer(keyRing: try KeyRing([key(1)]), realm: [UInt8](realm.utf8))
        final class Weak { weak var harness: StoreHarness? }
        let box = Weak()
        store.onAlarm = { box.harness?.alarms.append($0) }
        box.harness = self
    }

    var known: (record: [UInt8], hash: SessionHash, view: SessionView)?

    func knownView(of record: UnsafeRawBufferPointer, _ hash: SessionHash) -> SessionView? {
        guard let known, known.hash == hash, record.elementsEqual(known.record) else { return nil }
        return known.view
    }

    func sessionChecked(_ token: UInt64, _ answer: borrowing SessionLookup) {
        switch copy answer {
        case .found(let bytes, let view, let hash):
            found.append((token, .user(String(decoding: view.userID.bytes(in: bytes), as: UTF8.self))))
            onFound?(view, hash, bytes)
        case .absent: found.append((token, .absent))
        case .expired: found.append((token, .expired))
        case .unavailable(let outage): found.append((token, .unavailable(outage)))
        }
    }

    /// A record of a new session of `user` that begins now.
    func newRecord(_ user: String) throws -> SessionRecord {
        let now = Clock.wallMilliseconds()
        return SessionRecord(
            hash: try issuer.issue().hash, userID: [UInt8](user.utf8), name: [UInt8](user.utf8), roles: [],
            realm: store.realm, handle: try SessionRecord.makeHandle(), created: now,
            absoluteEnd: now + 86_400_000,
            idleSeconds: 7_200)
    }

    /// Makes a session of `user`; its record.
    func login(_ user: String, replacing: SessionHash? = nil) throws -> SessionRecord {
        let record = try newRecord(user)
        let outcome = create(record, replacing: replacing)
        guard case .created = outcome else {
            Issue.record("no session: \(String(describing: outcome))")
            return record
        }
        return record
    }

    func create(_ record: SessionRecord, replacing: SessionHash? = nil) -> SessionCreation? {
        var outcome: SessionCreation?
        store.create(record, replacing: replacing) { outcome = $0 }
        #expect(outcome == nil, "never within the call")
        redis.run { outcome != nil }
        return outcome
    }

    /// Looks a session up and waits.
    func lookup(_ hash: SessionHash) -> Found? {
        let count = found.count
        store.lookup(hash, receiver: self, token: 77)
        #expect(found.count == count, "never within the call")
        redis.run { found.count > count }
        return found.last?.answer
    }

    func end(_ record: SessionRecord) -> Bool? {
        var isDone: Bool?
        store.end(record.hash, userID: record.userID, handle: record.handle) { isDone = $0 }
        redis.run { isDone != nil }
        return isDone
    }

    func endAll(_ user: String, except: SessionHash? = nil) -> Int? {
        var ended: Int??
        store.endAll(userID: [UInt8](user.utf8), except: except) { ended = .some($0) }
        redis.run { ended != nil }
        return ended ?? nil
    }

    func list(_ user: String) -> [ListedSession]? {
        var listed: [ListedSession]??
        store.list(userID: [UInt8](user.utf8)) { listed = .some($0) }
        redis.run { listed != nil }
        return listed ?? nil
    }

    /// The name of a record's key.
    func keyName(_ record: SessionRecord) -> String {
        String(decoding: store.commands.keys.record(record.hash), as: UTF8.self)
    }
}
