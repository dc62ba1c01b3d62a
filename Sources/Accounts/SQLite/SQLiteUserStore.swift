internal import Synchronization

/// Users in a SQLite file, shared by every process that opens it.
///
/// An instance holds one connection behind a lock: any thread may call, and calls of one instance run one after
/// the other. Reads take microseconds and never wait for a writer (write-ahead log); a write returns once it is
/// on disk. Never carry an instance over `fork`.
public final class SQLiteUserStore: UserStore {
    /// The file.
    public let path: String
    private let busyMs: Int32
    private let connection: Mutex<SQLiteConnection?>

    /// Opens the store, creates the file with mode 0600 if there is none, and brings its schema up to date.
    ///
    /// - Parameters:
    ///   - path: The file; its directory must exist. Beside it SQLite keeps `-wal` and `-shm`.
    ///   - busyMs: How long to wait for another process' write, in milliseconds.
    /// - Throws: `StoreError`.
    public convenience init(path: String, busyMs: Int32 = 2000) throws(StoreError) {
        try self.init(path: path, busyMs: busyMs, maximumPages: nil)
    }

    /// With `maximumPages`, the file counts as full at that size: for tests.
    init(path: String, busyMs: Int32, maximumPages: Int?) throws(StoreError) {
        self.path = path
        self.busyMs = busyMs
        try SQLiteFile.createIfMissing(path)
        connection = Mutex(try Self.open(path: path, busyMs: busyMs))
        if let maximumPages { try limit(pages: maximumPages) }
    }

    /// Makes the open connection take the file for full at `pages` pages.
    func limit(pages: Int) throws(StoreError) {
        try locked { (connection) throws(StoreError) in
            try connection.run("PRAGMA max_page_count = \(pages)")
        }
    }

    /// The user of that name, whatever the case of its letters.
    public func find(name: LoginName) throws(StoreError) -> UserRecord? {
        try query(UserQueries.findByName, [.text(name.canonical)]).first
    }

    /// The user with that id.
    public func find(id: UserID) throws(StoreError) -> UserRecord? {
        try query(UserQueries.findByID, [.text(id.text)]).first
    }

    /// Adds a user unless the name is taken; on disk when this returns.
    public func insert(_ record: UserRecord) throws(StoreError) -> InsertResult {
        let roles = try UserQueries.encode(roles: record.roles)
        let isInserted = try change(
            UserQueries.insert,
            [
                .text(record.id.text), .text(record.name.canonical), .text(record.name.typed),
                .text(record.hash), .text(roles), .integer(record.isDisabled ? 1 : 0),
                .integer(record.createdMs),
            ])
        return isInserted ? .inserted : .nameTaken
    }

    /// Replaces the hash, if it still is `expected` where that is given.
    public func setPassword(
        id: UserID, hash: String, replacing expected: String?
    ) throws(StoreError) -> Bool {
        try change(
            UserQueries.setPassword, [.text(id.text), .text(hash), expected.map { .text($0) } ?? .null])
    }

    /// Replaces the roles; `StoreError.invalid` for a role name that no store keeps.
    public func setRoles(id: UserID, roles: [String]) throws(StoreError) -> Bool {
        try change(UserQueries.setRoles, [.text(id.text), .text(try UserQueries.encode(roles: roles))])
    }

    /// Refuses or allows logins.
    public func setDisabled(id: UserID, _ isDisabled: Bool) throws(StoreError) -> Bool {
        try change(UserQueries.setDisabled, [.text(id.text), .integer(isDisabled ? 1 : 0)])
    }

    /// Removes the user.
    public func delete(id: UserID) throws(StoreError) -> Bool {
        try change(UserQueries.delete, [.text(id.text)])
    }

    /// At most `limit` users by canonical name, those after `name` only.
    public func list(after name: LoginName?, limit: Int) throws(StoreError) -> [UserRecord] {
        try query(UserQueries.list, [.text(name?.canonical ?? ""), .integer(Int64(max(0, limit)))])
    }

    /// The different kinds of hash in the store, read by jumps through an index.
    public func hashKinds() throws(StoreError) -> [HashKind] {
        let prefixes = try locked { (connection) throws(StoreError) in
            try connection.rows(UserQueries.hashKinds) { (row: SQLiteRow) throws(StoreError) in
                try row.text(0)
            }
        }
        return prefixes.compactMap(PasswordHash.kind(ofPrefix:))
    }

    private func query(
        _ sql: String, _ values: [SQLiteConnection.Value]
    ) throws(StoreError) -> [UserRecord] {
        try locked { (connection) throws(StoreError) in
            try connection.rows(sql, values, decode: UserQueries.decode)
        }
    }

    /// Runs a statement that changes at most one row, and says whether it did.
    private func change(_ sql: String, _ values: [SQLiteConnection.Value]) throws(StoreError) -> Bool {
        try locked { (connection) throws(StoreError) in
            try connection.run(sql, values)
            return connection.changes > 0
        }
    }

    private func locked<Result: Sendable>(
        _ body: (SQLiteConnection) throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        try connection.withLock { (connection) throws(StoreError) in
            let current = try usable(connection)
            connection = current
            do throws(StoreError) {
                return try body(current)
            } catch {
                // Opened anew by the next call, which thus finds a restored file or a mended disk.
                if case .unavailable(.corrupt, _) = error { connection = nil }
                if case .unavailable(.failed, _) = error { connection = nil }
                throw error
            }
        }
    }

    /// The open connection, or a new one when there is none or its file was replaced.
    private func usable(_ connection: SQLiteConnection?) throws(StoreError) -> SQLiteConnection {
        if let connection, !connection.hasMoved { return connection }
        // An empty store in place of a removed one would answer "no such user" to everybody.
        guard SQLiteFile.exists(path) else {
            throw SQLiteFailure.error(.missing, path: path, what: "the file was removed while it was in use")
        }
        return try Self.open(path: path, busyMs: busyMs)
    }

    private static func open(path: String, busyMs: Int32) throws(StoreError) -> SQLiteConnection {
        let connection = try SQLiteConnection(path: path, busyMs: busyMs)
        try SQLiteSchema.prepare(connection, busyMs: busyMs)
        return connection
    }
}
