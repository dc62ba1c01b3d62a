/// One `users`.
public struct UsersSettings: Sendable, Equatable {
    /// Where accounts are kept.
    public enum Store: Sendable, Equatable {
        /// A database of the gateway's own.
        case sqlite(path: String)
        /// A file that is only read; changes of a watched one count at once.
        case file(path: String, isWatched: Bool)
        /// A PostgreSQL database.
        case postgres(PostgresSettings)
    }
    /// Who makes accounts.
    public enum Registration: String, Sendable { case off, open }
    /// How new passwords are hashed.
    public enum Hash: Sendable, Equatable {
        /// Argon2id; memory in KiB.
        case argon2id(memoryKiB: Int, passes: Int, lanes: Int)
        /// bcrypt with 2^cost rounds.
        case bcrypt(cost: Int)
    }
    /// Its name.
    public var name: String
    /// Where accounts are kept.
    public var store = Store.sqlite(path: "")
    /// Whether people make accounts themselves.
    public var register = Registration.off
    /// Roles of a new account.
    public var defaultRoles: [String] = []
    /// Code points.
    public var passwordMin = 10
    /// Code points.
    public var passwordMax = 128
    /// Content of the file of passwords that are refused besides the common ones; nil = none.
    public var passwordBlocklist: [UInt8]?
    /// How new passwords are hashed.
    public var hash = Hash.argon2id(memoryKiB: 19 << 10, passes: 2, lanes: 1)
    /// The defaults besides this.
    public init(name: String) { self.name = name }
}
