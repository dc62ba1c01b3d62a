/// The statements by which an application's own table of users serves. Each takes as many of its values as it names.
public struct PostgresStatements: Sendable, Equatable {
    /// A statement and how many values it takes.
    public struct Statement: Sendable, Equatable {
        /// SQL with `$1` and on.
        public var text: String
        /// The highest number after a `$`.
        public var count: Int

        /// A statement that takes `count` values.
        public init(text: String, count: Int) {
            self.text = text
            self.count = count
        }
    }

    /// Finds a user by the lower-cased login name, `$1`: one row at most, whose columns are known by their names,
    /// `id` and `hash` (or `password`, `password_hash`), and if they are there `roles`, `disabled` and `created`.
    public var find: Statement
    /// Adds a user: `$1` the lower-cased name, `$2` the hash, `$3` the roles with commas, `$4` the name as typed, `$5`
    /// an id made here, `$6` now in milliseconds since 1970. Nil: nobody can be added.
    public var insert: Statement?
    /// Replaces a hash: `$1` the id, `$2` the new hash, `$3` the hash until now. Nil: passwords stay.
    public var setPassword: Statement?

    /// Statements for a table that exists.
    public init(find: Statement, insert: Statement? = nil, setPassword: Statement? = nil) {
        self.find = find
        self.insert = insert
        self.setPassword = setPassword
    }
}

/// The statements on a table of the gateway's own, `gatehouse_users`.
enum OwnTable {
    static let columns = "id, name, display_name, hash, roles, disabled, created_ms"
    private static let kind = """
        CASE WHEN left(hash, 10) = '$argon2id$' THEN left(hash, 15 + position('$' in substr(hash, 16))) \
        ELSE left(hash, 7) END
        """

    static let exists = "SELECT to_regclass('gatehouse_users') IS NOT NULL"
    /// Names are compared by bytes, so that a page of the list follows the other whatever the server's language.
    static let create = [
        """
        CREATE TABLE IF NOT EXISTS gatehouse_users (
            id text COLLATE "C" NOT NULL PRIMARY KEY,
            name text COLLATE "C" NOT NULL UNIQUE,
            display_name text NOT NULL,
            hash text COLLATE "C" NOT NULL,
            roles text NOT NULL DEFAULT '',
            disabled boolean NOT NULL DEFAULT false,
            created_ms bigint NOT NULL
        )
        """,
        "CREATE INDEX IF NOT EXISTS gatehouse_users_by_hash_kind ON gatehouse_users ((\(kind)))",
    ]
    static let findByName = "SELECT \(columns) FROM gatehouse_users WHERE name = $1"
    static let findByID = "SELECT \(columns) FROM gatehouse_users WHERE id = $1"
    static let list = "SELECT \(columns) FROM gatehouse_users WHERE name > $1 ORDER BY name LIMIT $2::bigint"
    static let insert = """
        INSERT INTO gatehouse_users (\(columns)) VALUES ($1, $2, $3, $4, $5, $6::boolean, $7::bigint)
        ON CONFLICT (name) DO NOTHING
        """
    static let setPassword = """
        UPDATE gatehouse_users SET hash = $2 WHERE id = $1 AND ($3::text IS NULL OR hash = $3::text)
        """
    static let setRoles = "UPDATE gatehouse_users SET roles = $2 WHERE id = $1"
    static let setDisabled = "UPDATE gatehouse_users SET disabled = $2::boolean WHERE id = $1"
    static let delete = "DELETE FROM gatehouse_users WHERE id = $1"

    /// Jumps from kind to kind in the index; DISTINCT would read all of it.
    static let hashKinds = """
        WITH RECURSIVE kinds (kind) AS (
            SELECT min(\(kind)) FROM gatehouse_users
            UNION ALL
            SELECT (SELECT min(\(kind)) FROM gatehouse_users WHERE (\(kind)) > kinds.kind)
            FROM kinds WHERE kinds.kind IS NOT NULL
        )
        SELECT kind FROM kinds WHERE kind IS NOT NULL
        """
}
