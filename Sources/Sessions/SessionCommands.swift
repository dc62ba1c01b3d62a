public import Redis

/// The commands that keep a realm's sessions in Redis.
public struct SessionCommands: Sendable {
    /// The names used.
    public let keys: SessionKeys

    /// Commands on `keys`.
    public init(keys: SessionKeys) { self.keys = keys }

    /// Writes `record`, which is `encoded`, and puts its session in its user's list; see `SessionScripts.login`.
    func login(
        _ record: SessionRecord, encoded: [UInt8], now: Int64, limit: Int, whenFull: SessionLimitPolicy,
        replacing: SessionHash?
    ) -> RedisCommand {
        script(
            SessionScripts.login,
            keys: [
                keys.record(record.hash), keys.sessions(of: record.userID), keys.lastSeen(of: record.userID),
            ],
            [
                record.hash.array, encoded, text(record.timeToLive(now: now)), text(record.created),
                text(Int64(limit)),
                [UInt8](whenFull.rawValue.utf8), text(max(1, record.absoluteEnd - now)),
                replacing?.array ?? [],
            ])
    }

    /// Stores the session called `old` under `new`; see `SessionScripts.rotate`. Times in milliseconds.
    func rotate(
        _ old: SessionHash, to new: SessionHash, userID: [UInt8], life: Int64, now: Int64, grace: Int64
    ) -> RedisCommand {
        script(
            SessionScripts.rotate,
            keys: [
                keys.record(old), keys.record(new), keys.sessions(of: userID), keys.lastSeen(of: userID),
            ],
            [
                old.array, new.array, text(max(1, life)), text(now), text(now + grace), text(grace),
            ])
    }

    /// Ends one session.
    public func logout(_ hash: SessionHash, userID: [UInt8], handle: [UInt8]) -> RedisCommand {
        script(
            SessionScripts.logout,
            keys: [keys.record(hash), keys.sessions(of: userID), keys.lastSeen(of: userID)],
            [hash.array, handle])
    }

    /// Ends all sessions of a user, but for `except`.
    public func logoutEverywhere(userID: [UInt8], except: SessionHash? = nil) -> RedisCommand {
        script(
            SessionScripts.logoutEverywhere, keys: [keys.sessions(of: userID), keys.lastSeen(of: userID)],
            [userID, except?.array ?? []])
    }

    /// Gives all sessions of a user other roles.
    public func setRoles(_ roles: [[UInt8]], userID: [UInt8]) -> RedisCommand {
        var list: [UInt8] = []
        SessionRecord.appendRoles(roles, to: &list)
        return script(
            SessionScripts.setRoles, keys: [keys.sessions(of: userID), keys.lastSeen(of: userID)],
            [list, userID])
    }

    /// Reads all sessions of a user: record and last use by turns.
    public func list(userID: [UInt8]) -> RedisCommand {
        script(SessionScripts.list, keys: [keys.sessions(of: userID), keys.lastSeen(of: userID)], [])
    }

    /// Lets a record live on for `seconds`. One that is gone stays gone.
    func prolong(_ hash: SessionHash, seconds: Int64) -> RedisCommand {
        RedisCommand("EXPIRE", [keys.record(hash), text(seconds)])
    }

    /// Asks how many milliseconds a record has left to live.
    func timeToLive(_ hash: SessionHash) -> RedisCommand {
        RedisCommand("PTTL", [keys.record(hash)], isRead: true)
    }

    /// Notes that a session was used; one that has ended is not put back.
    func markSeen(_ hash: SessionHash, userID: [UInt8], now: Int64) -> RedisCommand {
        RedisCommand("ZADD", [keys.lastSeen(of: userID), [UInt8]("XX".utf8), text(now), hash.array])
    }

    private func script(_ text: String, keys names: [[UInt8]], _ arguments: [[UInt8]]) -> RedisCommand {
        RedisCommand(
            "EVAL", [[UInt8](text.utf8), self.text(Int64(names.count))] + names + arguments + [keys.base])
    }

    private func text(_ number: Int64) -> [UInt8] { [UInt8](String(number).utf8) }
}
