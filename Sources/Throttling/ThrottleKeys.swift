/// The names under which a realm's failed logins and bans are kept in Redis.
public struct ThrottleKeys: Sendable, Equatable {
    /// `<prefix>:<realm>:`, which every name begins with.
    public let base: [UInt8]

    /// The names of `realm` below `prefix`.
    public init(prefix: [UInt8], realm: [UInt8]) {
        base = prefix + [UInt8(ascii: ":")] + realm + [UInt8(ascii: ":")]
    }

    /// String, with a life: how many logins of the subject have failed.
    public func failures(_ kind: LoginLimit.Kind, _ subject: [UInt8]) -> [UInt8] {
        failureBase + kind.rawValue.utf8 + [UInt8(ascii: ":")] + subject
    }

    /// String, with a short life: how many of the failures are tries that have not ended yet.
    public func pending(_ kind: LoginLimit.Kind, _ subject: [UInt8]) -> [UInt8] {
        base + "p:".utf8 + kind.rawValue.utf8 + [UInt8(ascii: ":")] + subject
    }

    /// String, perhaps with a life: why the subject is banned.
    public func ban(_ kind: LoginLimit.Kind, _ subject: [UInt8]) -> [UInt8] {
        banBase + kind.rawValue.utf8 + [UInt8(ascii: ":")] + subject
    }

    /// Sorted set: networks from which the account has logged in, by when it last did, in milliseconds.
    public func networks(of account: [UInt8]) -> [UInt8] { base + "k:".utf8 + account }

    /// What all names of failures begin with.
    public var failureBase: [UInt8] { base + "f:".utf8 }

    /// What all names of bans begin with.
    public var banBase: [UInt8] { base + "b:".utf8 }

    /// Kind and subject of a name that begins with `prefix`; nil if it is none of ours.
    public func subject(
        of name: [UInt8], after prefix: [UInt8]
    ) -> (kind: LoginLimit.Kind, subject: [UInt8])? {
        guard name.starts(with: prefix) else { return nil }
        let rest = name.dropFirst(prefix.count)
        guard let colon = rest.firstIndex(of: UInt8(ascii: ":")),
            let kind = LoginLimit.Kind(rawValue: String(decoding: rest[..<colon], as: UTF8.self))
        else { return nil }
        return (kind, Array(rest[(colon + 1)...]))
    }
}
