/// `store postgres`, times in milliseconds.
public struct PostgresSettings: Sendable, Equatable {
    /// SQL, and the highest `$` number in it.
    public struct Statement: Sendable, Equatable {
        /// The SQL.
        public var text: String
        /// The highest number after a `$` outside of quotes.
        public var count: Int
    }
    /// As libpq takes it, without a password.
    public var url: String
    /// The password.
    public var password: Secret?
    /// Kept by each worker.
    public var connections = 2
    /// For making a connection.
    public var connectTimeout = 2_000
    /// For one statement.
    public var timeout = 2_000
    /// How to use a table that exists; nil: a table of the gateway's own.
    public var find: Statement?
    /// Adds a user; only with `find`.
    public var insert: Statement?
    /// Stores a hash; only with `find`.
    public var setPassword: Statement?
}
