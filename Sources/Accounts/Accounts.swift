public struct UserRecord: Sendable { public var id = "", name = "", roles: [String] = [] }
public enum HashKind: Sendable { case argon2id(memoryKiB: Int, passes: Int, lanes: Int), bcrypt(cost: Int) }
public protocol UserStore: Sendable {}
public final class SQLiteUserStore: UserStore { public init(path: String) throws {} }
public struct PasswordPolicy: Sendable { public init(minimum: Int, maximum: Int) {} }
public final class Accounts: Sendable {
 public enum A: Sendable { case ok(UserRecord), badCredentials, unavailable(String) }
 public enum R: Sendable { case created(UserRecord), nameTaken, invalidName, weakPassword(String), unavailable(String) }
 public init(store: any UserStore, kind: HashKind, policy: PasswordPolicy, defaultRoles: [String]) {}
 public func authenticate(name: [UInt8], password: [UInt8]) -> A { .badCredentials }
 public func register(name: [UInt8], password: [UInt8], now: Int64) -> R { .nameTaken }
 public func measureMilliseconds() -> Int { 1 }
}
