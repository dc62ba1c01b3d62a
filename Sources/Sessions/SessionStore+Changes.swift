internal import Redis
internal import Transport

extension SessionStore {
    /// Writes `record`, and with it makes the session. `replacing`, the session that the same client had until now,
    /// ends with it. `completion` is called once, never within this call.
    public func create(
        _ record: SessionRecord, replacing: SessionHash? = nil,
        completion: @escaping (SessionCreation) -> Void
    ) {
        let encoded: [UInt8]
        do throws(SessionRecordFailure) {
            encoded = try record.encoded()
        } catch {
            onAlarm?("a session's record cannot be written: \(error)")
            let task = LateCompletion { completion(.unavailable(.badRecord(.undecodable))) }
            loop.atTickEnd(task)
            return
        }
        let command = commands.login(
            record, encoded: encoded, now: loop.wallNow, limit: limit, whenFull: whenFull,
            replacing: replacing)
        let link = link(of: record.hash)
        link.call(command) { [self] outcome in
            if let (evicted, expired) = Self.login(outcome) {
                noteCreated(record.hash)
                if expired > 0 { onExpired?(expired) }
                completion(.created(evicted: evicted))
                return
            }
            switch count(outcome, link) {
            case .success: completion(.limitReached)
            case .failure(let outage): completion(.unavailable(outage))
            }
        }
    }

    /// What the script of a login that was let in counted.
    private static func login(_ outcome: RedisOutcome) -> (evicted: Int, expired: Int)? {
        guard case .reply(.array(let counts)) = outcome, counts.count == 2,
            case .integer(let evicted) = counts[0], case .integer(let expired) = counts[1]
        else { return nil }
        return (Int(clamping: evicted), Int(clamping: expired))
    }

    /// Ends a session. `completion` is called once, never within this call: true if the session is gone now,
    /// whether or not it was there; false if nobody can tell.
    public func end(
        _ hash: SessionHash, userID: [UInt8], handle: [UInt8], completion: @escaping (Bool) -> Void
    ) {
        let link = link(of: hash)
        link.call(commands.logout(hash, userID: userID, handle: handle)) { [self] in
            completion(isDone($0, link))
        }
    }

    /// Ends all sessions of a user in this realm, but for `except`. `completion` is called once, never within this
    /// call, with how many there were; nil if nobody can tell.
    public func endAll(userID: [UInt8], except: SessionHash? = nil, completion: @escaping (Int?) -> Void) {
        redis.call(commands.logoutEverywhere(userID: userID, except: except)) { [self] in
            completion(counted($0, redis))
        }
    }

    /// Gives all sessions of a user in this realm other roles, for their next requests; call it once the user store
    /// has them. Connections that were opened with the old ones are told to close. `completion` is called once, never
    /// within this call, with how many sessions changed; nil if nobody can tell.
    public func setRoles(_ roles: [[UInt8]], userID: [UInt8], completion: @escaping (Int?) -> Void) {
        redis.call(commands.setRoles(roles, userID: userID)) { [self] in completion(counted($0, redis)) }
    }

    /// Reads all sessions of a user in this realm, oldest first; nil if nobody can tell. Records that are not ours
    /// are left out. `completion` is called once, never within this call.
    public func list(userID: [UInt8], completion: @escaping ([ListedSession]?) -> Void) {
        redis.call(commands.list(userID: userID)) { [self] outcome in
            switch outcome {
            case .reply(.array(let parts)): completion(sessions(in: parts))
            case .reply(.error), .unavailable: completion(nil)
            case .reply:
                cut(redis, "the answer to a list is of a kind that it cannot be")
                completion(nil)
            }
        }
    }

    /// Asks how many milliseconds the record of a session will live on if nobody uses it; nil if it is gone.
    /// `completion` is called once, never within this call.
    public func timeToLive(_ hash: SessionHash, completion: @escaping (Result<Int64?, SessionOutage>) -> Void)
    {
        let link = link(of: hash)
        link.call(commands.timeToLive(hash)) { [self] outcome in
            // -2: there is no such key; -1: it never expires (PTTL).
            completion(count(outcome, link).map { $0 == -1 ? .max : $0 < 0 ? nil : $0 })
        }
    }

    private func sessions(in parts: [RedisReply]) -> [ListedSession] {
        var sessions: [ListedSession] = []
        for index in stride(from: 0, to: parts.count - 1, by: 2) {
            guard case .bulk(let bytes) = parts[index], case .bulk(let seen) = parts[index + 1],
                let record = SessionRecord(decoding: bytes), record.realm == realm,
                record.absoluteEnd > loop.wallNow
            else { continue }
            let lastSeen = Int64(String(decoding: seen, as: UTF8.self)) ?? record.created
            sessions.append(ListedSession(record: record, lastSeen: lastSeen))
        }
        return sessions
    }

    private func isDone(_ outcome: RedisOutcome, _ link: RedisConnection) -> Bool {
        if case .success = count(outcome, link) { true } else { false }
    }

    private func counted(_ outcome: RedisOutcome, _ link: RedisConnection) -> Int? {
        if case .success(let count) = count(outcome, link) { Int(clamping: count) } else { nil }
    }

    /// What a script counted that was sent over `link`.
    func count(_ outcome: RedisOutcome, _ link: RedisConnection) -> Result<Int64, SessionOutage> {
        switch outcome {
        case .reply(.integer(let count)): return .success(count)
        case .reply(.error(let text)):
            noteRefusal(text)
            return .failure(.refused)
        case .unavailable(let outage): return .failure(.redis(outage))
        case .reply:
            cut(link, "the answer to a change is of a kind that it cannot be")
            return .failure(.outOfStep)
        }
    }
}

/// A session in a user's list.
public struct ListedSession: Sendable, Equatable {
    /// Its record.
    public var record: SessionRecord
    /// When it was last used, in milliseconds since 1970; late by up to the time between touches.
    public var lastSeen: Int64
}

/// Calls a closure at the end of the tick.
private final class LateCompletion: TickEndTask {
    private let completion: () -> Void

    init(_ completion: @escaping () -> Void) { self.completion = completion }

    override func onTickEnd() { completion() }
}
