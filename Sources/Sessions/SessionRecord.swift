public import Secrets

/// Why a record cannot be written.
public enum SessionRecordFailure: Error, Equatable {
    /// The user id is not 1 to 128 of `A-Z a-z 0-9 _ . : @ -`.
    case badUserID
    /// The login name, realm, handle, address or a time is out of its range or alphabet.
    case badField
}

/// A session as it is kept in Redis: one compact JSON line of at most `maximumCount` bytes.
///
/// Times are milliseconds since 1970. Text is UTF-8 bytes.
public struct SessionRecord: Sendable, Equatable {
    /// The form of record that this version writes and reads.
    public static let version = 1
    /// Most bytes of an encoded record.
    public static let maximumCount = 4096
    /// Most bytes of a user agent's name that are kept.
    static let agentLimit = 256
    /// Most bytes that roles take in a record; further ones are left out, which can only take access away.
    static let roleLimit = 2048
    /// Most bytes of a name, and of the other short fields.
    static let nameLimit = 254
    static let fieldLimit = 64
    static let userIDLimit = 128
    static let handleCount = 16
    /// Bytes that `SessionScripts.rotate` may add: `"g"`, `"p"` and `"nx"`.
    static let rotationRoom = 128

    /// `k`: the name it is stored under.
    public var hash: SessionHash
    /// `u`.
    public var userID: [UInt8]
    /// `n`: the login name.
    public var name: [UInt8]
    /// `r`.
    public var roles: [[UInt8]]
    /// `rl`.
    public var realm: [UInt8]
    /// `h`: 16 hex digits by which people and logs name the session.
    public var handle: [UInt8]
    /// `c`.
    public var created: Int64
    /// `a`: when it ends, whatever happens.
    public var absoluteEnd: Int64
    /// `i`: seconds without a request after which it ends; 0 = no such limit.
    public var idleSeconds: Int64
    /// `m`: whether the user asked to stay logged in.
    public var isRemembered = false
    /// `ip`: the client's address at login.
    public var address: [UInt8] = []
    /// `ua`: the client's user agent at login.
    public var agent: [UInt8] = []
    /// `g`: when a rotated session's old record ends for good; nil = it was not rotated.
    public var graceEnd: Int64?
    /// `p`: the name under which the session was stored before its last rotation.
    public var previous: SessionHash?
    /// `nx`: the name under which a rotated session is stored since.
    public var successor: SessionHash?

    /// A record of a session of `userID` that begins now.
    public init(
        hash: SessionHash, userID: [UInt8], name: [UInt8], roles: [[UInt8]], realm: [UInt8], handle: [UInt8],
        created: Int64, absoluteEnd: Int64, idleSeconds: Int64
    ) {
        self.hash = hash
        self.userID = userID
        self.name = name
        self.roles = roles
        self.realm = realm
        self.handle = handle
        self.created = created
        self.absoluteEnd = absoluteEnd
        self.idleSeconds = idleSeconds
    }

    /// Milliseconds that the record may live in Redis from `now` on, at least 1.
    public func timeToLive(now: Int64) -> Int64 {
        SessionLifetime.milliseconds(
            now: now, absoluteEnd: absoluteEnd, idleSeconds: idleSeconds, isRemembered: isRemembered)
    }

    /// Whether `id` can be a user's id: 1 to 128 of `A-Z a-z 0-9 _ . : @ -`.
    public static func isUserID(_ id: Span<UInt8>) -> Bool {
        guard id.count > 0, id.count <= userIDLimit else { return false }
        for index in id.indices {
            switch id[index] {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: ":"),
                UInt8(ascii: "@"), UInt8(ascii: "-"):
                continue
            default: return false
            }
        }
        return true
    }

    /// Whether `handle` is 16 lower-case hex digits.
    public static func isHandle(_ handle: Span<UInt8>) -> Bool {
        guard handle.count == handleCount else { return false }
        for index in handle.indices {
            switch handle[index] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): continue
            default: return false
            }
        }
        return true
    }

    /// Whether `role` can be a role in a record: 1 to 64 visible ASCII characters, but no comma (the header that
    /// lists roles has commas between them), quote or backslash.
    public static func isRole(_ role: Span<UInt8>) -> Bool {
        guard role.count > 0, role.count <= fieldLimit else { return false }
        for index in role.indices {
            switch role[index] {
            case UInt8(ascii: ","), UInt8(ascii: "\""), UInt8(ascii: "\\"): return false
            case 0x21...0x7e: continue
            default: return false
            }
        }
        return true
    }

    /// Makes a new handle.
    ///
    /// - Throws: `RandomFailure`.
    public static func makeHandle() throws(RandomFailure) -> [UInt8] {
        let digits = [UInt8]("0123456789abcdef".utf8)
        return try RandomBytes.make(count: handleCount / 2).flatMap {
            [digits[Int($0 >> 4)], digits[Int($0 & 15)]]
        }
    }
}

/// How long a session's record lives.
enum SessionLifetime {
    static func milliseconds(now: Int64, absoluteEnd: Int64, idleSeconds: Int64, isRemembered: Bool) -> Int64
    {
        let left = max(1, absoluteEnd.subtractingReportingOverflow(now).partialValue)
        guard !isRemembered, idleSeconds > 0 else { return left }
        let idle = idleSeconds.multipliedReportingOverflow(by: 1000)
        return idle.overflow ? left : min(left, idle.partialValue)
    }
}
