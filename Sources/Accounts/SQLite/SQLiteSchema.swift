internal import Glibc

/// The schema of the users database: its version, and the steps that lead from each version to the next.
enum SQLiteSchema {
    /// `PRAGMA application_id`: "GHus". Marks a file as ours before anything is written to it.
    static let applicationID: Int64 = 0x4748_7573

    /// Element `n` leads from version `n` to version `n + 1`. Steps are never edited once released, and keep
    /// what older programs read, because the workers of the last version finish beside the new ones.
    static let steps: [[String]] = [
        [
            """
            CREATE TABLE users (
                id TEXT NOT NULL PRIMARY KEY,
                name TEXT NOT NULL UNIQUE,
                display_name TEXT NOT NULL,
                hash TEXT NOT NULL,
                roles TEXT NOT NULL DEFAULT '',
                disabled INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
                created_ms INTEGER NOT NULL,
                hash_kind TEXT NOT NULL GENERATED ALWAYS AS (
                    CASE substr(hash, 1, 10)
                    WHEN '$argon2id$' THEN substr(hash, 1, 15 + instr(substr(hash, 16), '$'))
                    ELSE substr(hash, 1, 7) END
                ) VIRTUAL
            ) STRICT
            """,
            "CREATE INDEX users_by_hash_kind ON users (hash_kind)",
        ]
    ]

    /// The newest version this program knows.
    static var version: Int64 { Int64(steps.count) }

    /// Sets the connection up, refuses a file that is not ours or newer, and brings an older one up to date.
    static func prepare(_ connection: SQLiteConnection, busyMs: Int32) throws(StoreError) {
        // FULL: with WAL's default a power loss may take the last users with it.
        try connection.run("PRAGMA synchronous = FULL")
        try connection.run("PRAGMA trusted_schema = OFF")
        try connection.run("PRAGMA cell_size_check = ON")
        // A replaced hash leaves no copy in free pages.
        try connection.run("PRAGMA secure_delete = ON")
        // In one snapshot: a file whose version and application were read on either side of another process'
        // first commit would look like somebody else's.
        let found = try connection.snapshot { () throws(StoreError) in try check(connection) }
        try useWAL(connection, busyMs: busyMs)
        if found < version { try migrate(connection) }
    }

    /// The version of the file; throws when it is newer or somebody else's.
    private static func check(_ connection: SQLiteConnection) throws(StoreError) -> Int64 {
        let version = try number(connection, "PRAGMA user_version")
        let application = try number(connection, "PRAGMA application_id")
        if application == 0, version == 0, try number(connection, "SELECT count(*) FROM sqlite_schema") == 0 {
            return 0
        }
        guard application == applicationID, version > 0 else {
            throw SQLiteFailure.error(
                .corrupt, path: connection.path,
                what: "a SQLite database of another program (application_id \(application))")
        }
        guard version <= self.version else {
            throw SQLiteFailure.error(
                .newerSchema, path: connection.path,
                what: "schema version \(version), and this program knows versions up to \(self.version)")
        }
        return version
    }

    private static func migrate(_ connection: SQLiteConnection) throws(StoreError) {
        try connection.transaction { () throws(StoreError) in
            // Under the write lock: another process may have migrated while this one waited for it.
            let found = try check(connection)
            guard found < version else { return }
            for step in steps[Int(found)...] {
                for statement in step { try connection.run(statement) }
            }
            try connection.run("PRAGMA application_id = \(applicationID)")
            try connection.run("PRAGMA user_version = \(version)")
        }
    }

    /// Switches to write-ahead logging. Busy is retried here because SQLite does not wait when two connections
    /// switch at once. Where shared memory cannot be had the rollback journal stays, which is as safe.
    private static func useWAL(_ connection: SQLiteConnection, busyMs: Int32) throws(StoreError) {
        let deadline = ContinuousClock.now + .milliseconds(busyMs)
        while true {
            do throws(StoreError) {
                return try connection.run("PRAGMA journal_mode = WAL")
            } catch .unavailable(.busy, _) where ContinuousClock.now < deadline {
                usleep(5000)
            }
        }
    }

    private static func number(_ connection: SQLiteConnection, _ sql: String) throws(StoreError) -> Int64 {
        try connection.rows(sql) { (row: SQLiteRow) throws(StoreError) in row.integer(0) }.first ?? 0
    }
}
