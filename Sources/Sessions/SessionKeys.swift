/// The names under which a realm's sessions are kept in Redis.
public struct SessionKeys: Sendable, Equatable {
    /// `<prefix>:<realm>:`, which every name begins with.
    public let base: [UInt8]

    /// The names of `realm` below `prefix`.
    public init(prefix: [UInt8], realm: [UInt8]) {
        base = prefix + [UInt8(ascii: ":")] + realm + [UInt8(ascii: ":")]
    }

    /// String: a session's record.
    public func record(_ hash: SessionHash) -> [UInt8] { recordBase + hash.array }

    /// What a session's hash is put behind to give `record`.
    public var recordBase: [UInt8] { base + "s:".utf8 }

    /// Sorted set: the hashes of a user's sessions by when they began, in milliseconds.
    public func sessions(of userID: [UInt8]) -> [UInt8] { base + "u:".utf8 + userID }

    /// Sorted set: the hashes of a user's sessions by when they were last used, in milliseconds.
    public func lastSeen(of userID: [UInt8]) -> [UInt8] { base + "t:".utf8 + userID }

    /// Channel: `s:<handle>` or `u:<user id>` of what has just ended.
    public var revoked: [UInt8] { base + "revoked".utf8 }
}
