public import Redis
public import Transport

/// A realm's sessions in Redis, seen from one worker. Stays on the connection's loop.
public final class SessionStore {
    /// Sessions whose last touch is remembered, at least.
    private static let ledgerLimit = 1 << 17

    /// Told of what should never be: an answer to another question, or a record that is none of ours.
    public var onAlarm: ((String) -> Void)?
    /// Told what Redis said when it would not do what it was told: its disk or its memory is full, it may not run
    /// scripts. Sessions that are only read go on all the same.
    public var onRefused: ((String) -> Void)?
    /// Told of each touch that was due, with the user as the session's record has it: the time to ask a store of users
    /// that cannot tell by itself what changed.
    public var onTouched: ((TouchedUser) -> Void)?

    /// Told of a user's sessions that a login found to have come to their end by themselves: how many.
    public var onExpired: ((Int) -> Void)?

    /// What is about a user, or all that there is if there are no `furtherLinks`.
    let redis: RedisConnection
    /// The other connections, over which sessions are spread.
    let furtherLinks: ContiguousArray<RedisConnection>
    private let isSpread: Bool
    let loop: EventLoop
    let realm: [UInt8]
    let commands: SessionCommands
    let limit: Int
    let whenFull: SessionLimitPolicy
    private let touchMilliseconds: Int64
    private var touches = TouchLedger(limit: ledgerLimit)

    private struct Pending {
        var hash: SessionHash
        var receiver: any SessionReceiver
        var token: UInt64
    }
    private var pending: ContiguousArray<Pending?> = []
    private var freeSlots: ContiguousArray<Int> = []
    /// `GET` of a record as it goes to Redis; only the hash in it changes, and it ends before the last CRLF.
    private var lookupForm: [UInt8]
    private let hashStart: Int
    private lazy var refusals = LookupRefusals()

    /// The sessions of `realm` on `redis`.
    ///
    /// - Parameters:
    ///   - further: connections to the same server; each session has one of all, so that what happens to it stays in
    ///     order.
    ///   - touchMilliseconds: at most once in this time is a session's life in Redis extended.
    ///   - limit: sessions that a user may have; 0 = any number.
    ///   - whenFull: what a login beyond the limit does.
    public init(
        redis: RedisConnection, further: [RedisConnection] = [], loop: EventLoop, prefix: [UInt8],
        realm: [UInt8],
        touchMilliseconds: Int, limit: Int, whenFull: SessionLimitPolicy
    ) {
        self.redis = redis
        furtherLinks = ContiguousArray(further)
        isSpread = !further.isEmpty
        self.loop = loop
        self.realm = realm
        self.limit = limit
        self.whenFull = whenFull
        self.touchMilliseconds = Int64(touchMilliseconds)
        commands = SessionCommands(keys: SessionKeys(prefix: prefix, realm: realm))
        let placeholder = [UInt8](repeating: UInt8(ascii: "-"), count: SessionHash.count)
        lookupForm = RedisCommand("GET", [commands.keys.recordBase + placeholder], isRead: true).wireForm
        hashStart = lookupForm.count - 2 - SessionHash.count
    }

    // MARK: Looking up

    /// Asks Redis for the session called `hash`; `receiver` will hear.
    public func lookup(_ hash: SessionHash, receiver: any SessionReceiver, token: UInt64) {
        let slot = take(Pending(hash: hash, receiver: receiver, token: token))
        let start = hashStart
        lookupForm.withUnsafeMutableBytes { form in
            let place = UnsafeMutableRawBufferPointer(rebasing: form[start..<start + SessionHash.count])
            hash.withUnsafeBytes { place.copyMemory(from: $0) }
        }
        let outage = lookupForm.withUnsafeBytes {
            // The usual case without the price of a choice.
            isSpread
                ? link(of: hash).read(wireForm: $0, receiver: self, token: UInt64(slot))
                : redis.read(wireForm: $0, receiver: self, token: UInt64(slot))
        }
        guard let outage else { return }
        _ = give(slot)
        refusals.add(receiver, token, .redis(outage))
        loop.atTickEnd(refusals)
    }

    private func take(_ entry: consuming Pending) -> Int {
        if let slot = freeSlots.popLast() {
            pending[slot] = entry
            return slot
        }
        pending.append(entry)
        return pending.count - 1
    }

    private func give(_ slot: Int) -> Pending? {
        guard pending.indices.contains(slot), let entry = pending[slot].take() else { return nil }
        freeSlots.append(slot)
        return entry
    }

    // MARK: Touching

    /// Notes that the session of `view`, which stands in `record`, was used: extends its life in Redis and its
    /// user's list, unless that was done a short while ago. Never brings back a session that has ended, and never
    /// lets one live beyond its own end.
    public func touch(_ hash: SessionHash, _ view: SessionView, in record: UnsafeRawBufferPointer) {
        // A replaced session only lives out its grace.
        guard view.graceEnd == nil else { return }
        var interval = touchMilliseconds
        if view.idleSeconds > 0, !view.isRemembered {
            interval = min(interval, view.idleSeconds.multipliedReportingOverflow(by: 250).partialValue)
        }
        guard touches.isDue(hash, now: loop.now, interval: interval) else { return }
        let now = loop.wallNow
        if !view.isRemembered {
            let seconds = max(1, view.timeToLive(now: now) / 1_000)
            link(of: hash).call(commands.prolong(hash, seconds: seconds)) { _ in }
        }
        let userID = [UInt8](view.userID.bytes(in: record))
        if let onTouched { onTouched(TouchedUser(id: userID, view, in: record)) }
        link(of: hash).call(commands.markSeen(hash, userID: userID, now: now)) { _ in }
    }

    /// Notes that a session is as good as touched, since it was just made.
    func noteCreated(_ hash: SessionHash) { touches.note(hash, now: loop.now) }
}

/// The user of a session that was used.
public struct TouchedUser: Sendable {
    /// The id.
    public let id: [UInt8]
    /// The login name.
    public let name: [UInt8]
    /// The roles that the session carries.
    public private(set) var roles: [[UInt8]] = []

    init(id: [UInt8], _ view: SessionView, in record: UnsafeRawBufferPointer) {
        self.id = id
        name = view.decodedName(in: record)
        view.forEachRole(in: record) { roles.append(Array($0)) }
    }
}

extension SessionStore: RedisReceiver {
    /// The answer to a lookup came.
    public func redisCompleted(_ token: UInt64, _ outcome: RedisOutcome) {
        // Given back first: what follows may end other lookups, or start some.
        guard let slot = Int(exactly: token), let entry = give(slot) else { return }
        switch outcome {
        case .unavailable(let outage):
            entry.receiver.sessionChecked(entry.token, .unavailable(.redis(outage)))
        case .reply(.null): entry.receiver.sessionChecked(entry.token, .absent)
        case .reply(.error(let text)):
            noteRefusal(text)
            entry.receiver.sessionChecked(entry.token, .unavailable(.refused))
        case .reply(.bulk(let record)): check(record, entry)
        case .reply: cut(entry, "the answer to a lookup is of a kind that it cannot be")
        }
    }

    private func check(_ record: UnsafeRawBufferPointer, _ entry: Pending) {
        if let view = entry.receiver.knownView(of: record, entry.hash) {
            let isAlive = SessionCheck.isAlive(view, now: loop.wallNow)
            entry.receiver.sessionChecked(entry.token, isAlive ? .found(record, view, entry.hash) : .expired)
            return
        }
        var view = SessionView()
        let result = SessionCheck.decodeIdentity(
            record, expecting: entry.hash, realm: realm, now: loop.wallNow, into: &view)
        switch result {
        case .found: entry.receiver.sessionChecked(entry.token, .found(record, view, entry.hash))
        case .absent: entry.receiver.sessionChecked(entry.token, .expired)
        case .mismatch: cut(entry, "the record of another session came: answers are out of step")
        case .unavailable(let reason):
            onAlarm?("session \(entry.hash): its record is no use (\(reason))")
            entry.receiver.sessionChecked(entry.token, .unavailable(.badRecord(reason)))
        }
    }

    private func cut(_ entry: Pending, _ reason: String) {
        cut(link(of: entry.hash), reason)
        entry.receiver.sessionChecked(entry.token, .unavailable(.outOfStep))
    }

    func noteRefusal(_ text: UnsafeRawBufferPointer) {
        onRefused?(String(decoding: text.prefix(300), as: UTF8.self))
    }

    /// Trusts nothing more that comes over `link`.
    func cut(_ link: RedisConnection, _ reason: String) {
        onAlarm?(reason)
        link.sever(reason)
    }

    /// The connection for all that is about one session.
    func link(of hash: SessionHash) -> RedisConnection {
        guard isSpread else { return redis }
        let index = hash.spreadIndex(furtherLinks.count + 1)
        return index == 0 ? redis : furtherLinks[index - 1]
    }
}

/// Lookups that could not even be sent; their receivers hear at the end of the tick.
private final class LookupRefusals: TickEndTask {
    private var refused: [(receiver: any SessionReceiver, token: UInt64, outage: SessionOutage)] = []

    func add(_ receiver: any SessionReceiver, _ token: UInt64, _ outage: SessionOutage) {
        refused.append((receiver, token, outage))
    }

    override func onTickEnd() {
        let told = refused
        refused.removeAll()
        for entry in told { entry.receiver.sessionChecked(entry.token, .unavailable(entry.outage)) }
    }
}
