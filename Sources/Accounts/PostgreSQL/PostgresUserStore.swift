internal import Synchronization

/// Users in a PostgreSQL database: in a table of the gateway's own, which is made if there is none, or in an
/// application's table by configured statements.
///
/// With configured statements users are found by name only; the store remembers the names of the ids it has given.
/// What those statements do not tell, roles, locks and lists, is the application's.
public final class PostgresUserStore: UserStore {
    /// Ids whose names are remembered.
    private static let memory = 4_096

    private struct Known {
        var names: [UserID: LoginName] = [:]
        var kinds: Set<HashKind> = []
        var isPrepared = false
    }

    private let pool: PostgresPool
    private let statements: PostgresStatements?
    private let known = Mutex(Known())

    /// A store; nothing is connected before the first call.
    ///
    /// - Parameters:
    ///   - server: Where the database is.
    ///   - statements: How to use a table that exists; nil: a table of the gateway's own.
    public init(_ server: PostgresServer, statements: PostgresStatements? = nil) {
        pool = PostgresPool(server)
        self.statements = statements
    }

    /// The user of that name, whatever the case of its letters.
    public func find(name: LoginName) throws(StoreError) -> UserRecord? {
        let rows = try query("find") { (connection) throws(PostgresFailure) in
            try self.find(name, connection)
        }
        return try user(rows, asked: name)
    }

    /// The user with that id. With configured statements: if its name is known from an earlier call.
    public func find(id: UserID) throws(StoreError) -> UserRecord? {
        guard statements != nil else { return try own(OwnTable.findByID, [id.text]).first }
        guard let name = known.withLock({ $0.names[id] }) else { return nil }
        return try find(id: id, name: name)
    }

    /// The user with that id, who has had that name.
    public func find(id: UserID, name: LoginName) throws(StoreError) -> UserRecord? {
        guard statements != nil else { return try find(id: id) }
        let record = try find(name: name)
        return record?.id == id ? record : nil
    }

    /// Adds a user unless the name is taken. An application's table may give it another id.
    public func insert(_ record: UserRecord) throws(StoreError) -> InsertResult {
        if let refusal = RoleName.refusal(of: record.roles) { throw .invalid(detail: refusal) }
        let roles = record.roles.joined(separator: ",")
        guard let statements else {
            let isInserted = try change(
                OwnTable.insert,
                [
                    record.id.text, record.name.canonical, record.name.typed, record.hash, roles,
                    record.isDisabled ? "true" : "false", "\(record.createdMs)",
                ])
            return isInserted ? .inserted : .nameTaken
        }
        guard let insert = statements.insert else { throw Self.missing("insert") }
        let values = [
            record.name.canonical, record.hash, roles, record.name.typed, record.id.text,
            "\(record.createdMs)",
        ]
        do throws(PostgresFailure) {
            let rows = try pool.use(isRepeatable: false) { (connection) throws(PostgresFailure) in
                try self.run(connection, insert, values)
            }
            guard rows.affected > 0 else { return .nameTaken }
        } catch .refused(state: "23505", _) {
            return .nameTaken
        } catch {
            throw store(error, "insert")
        }
        guard let stored = try find(name: record.name) else {
            throw .unavailable(
                .failed, detail: "PostgreSQL: \"find\" does not find the user that \"insert\" has just added")
        }
        return .insertedAs(stored)
    }

    /// Replaces the hash, if it still is `expected` where that is given.
    public func setPassword(id: UserID, hash: String, replacing expected: String?) throws(StoreError) -> Bool
    {
        guard let statements else { return try change(OwnTable.setPassword, [id.text, hash, expected]) }
        guard let statement = statements.setPassword else { throw Self.missing("set_password") }
        guard let current = try find(id: id) else { return false }
        if let expected, current.hash != expected { return false }
        if statement.count >= 3 {
            return try change(statement, [id.text, hash, current.hash])
        }
        return try replace(current, statement, hash)
    }

    /// Replaces the roles.
    public func setRoles(id: UserID, roles: [String]) throws(StoreError) -> Bool {
        if let refusal = RoleName.refusal(of: roles) { throw .invalid(detail: refusal) }
        guard statements == nil else { throw Self.elsewhere("roles") }
        return try change(OwnTable.setRoles, [id.text, roles.joined(separator: ",")])
    }

    /// Refuses or allows logins.
    public func setDisabled(id: UserID, _ isDisabled: Bool) throws(StoreError) -> Bool {
        guard statements == nil else { throw Self.elsewhere("who may log in") }
        return try change(OwnTable.setDisabled, [id.text, isDisabled ? "true" : "false"])
    }

    /// Removes the user.
    public func delete(id: UserID) throws(StoreError) -> Bool {
        guard statements == nil else { throw Self.elsewhere("who is a user") }
        return try change(OwnTable.delete, [id.text])
    }

    /// At most `limit` users by canonical name, those after `name` only.
    public func list(after name: LoginName?, limit: Int) throws(StoreError) -> [UserRecord] {
        guard statements == nil else { throw Self.elsewhere("the list of users") }
        guard limit > 0 else { return [] }
        return try own(OwnTable.list, [name?.canonical ?? "", "\(limit)"], limit: limit)
    }

    /// The different kinds of hash. Of an application's table those that were seen, and the most usual one.
    public func hashKinds() throws(StoreError) -> [HashKind] {
        guard statements == nil else { return Array(known.withLock { $0.kinds.union([.bcrypt(cost: 12)]) }) }
        let rows = try query("kinds") { (connection) throws(PostgresFailure) in
            try self.run(connection, OwnTable.hashKinds, [])
        }
        return Array(Set(rows.rows.compactMap { $0.first ?? nil }.compactMap(PasswordHash.kind(ofPrefix:))))
    }
}

extension PostgresUserStore {
    /// A password by a statement that does not compare: in one transaction with a look at what is there, which the
    /// server cancels if another one changes the row meanwhile.
    private func replace(
        _ current: UserRecord, _ statement: PostgresStatements.Statement, _ hash: String
    ) throws(StoreError) -> Bool {
        do throws(PostgresFailure) {
            return try pool.use(isRepeatable: false) { (connection) throws(PostgresFailure) in
                _ = try self.run(connection, "BEGIN ISOLATION LEVEL REPEATABLE READ", [])
                do throws(PostgresFailure) {
                    let rows = try self.find(current.name, connection)
                    let found = try? self.user(rows, asked: current.name)
                    guard let found, found.id == current.id, found.hash == current.hash else {
                        _ = try self.run(connection, "ROLLBACK", [])
                        return false
                    }
                    let changed = try self.run(connection, statement, [current.id.text, hash])
                    _ = try self.run(connection, "COMMIT", [])
                    return changed.affected > 0
                } catch {
                    if case .refused = error { _ = try self.run(connection, "ROLLBACK", []) }
                    throw error
                }
            }
        } catch .refused(state: "40001", _) {
            return false
        } catch {
            throw store(error, "set_password")
        }
    }

    private func own(_ sql: String, _ values: [String?], limit: Int = 1) throws(StoreError) -> [UserRecord] {
        let rows = try query("table") { (connection) throws(PostgresFailure) in
            try self.run(connection, sql, values, limit: limit)
        }
        var users: [UserRecord] = []
        for row in rows.rows { users.append(try PostgresRow(rows.columns, row).user(asked: nil)) }
        return users
    }

    private func change(_ sql: String, _ values: [String?]) throws(StoreError) -> Bool {
        try change(PostgresStatements.Statement(text: sql, count: values.count), values)
    }

    private func change(
        _ statement: PostgresStatements.Statement, _ values: [String?]
    ) throws(StoreError) -> Bool {
        do throws(PostgresFailure) {
            return try pool.use(isRepeatable: false) { (connection) throws(PostgresFailure) in
                try self.run(connection, statement, values).affected > 0
            }
        } catch {
            throw store(error, "set_password")
        }
    }

    private func query(
        _ what: String, _ body: (PostgresConnection) throws(PostgresFailure) -> PostgresRows
    ) throws(StoreError) -> PostgresRows {
        do throws(PostgresFailure) { return try pool.use(isRepeatable: true, body) } catch {
            throw store(error, what)
        }
    }

    private func find(
        _ name: LoginName, _ connection: PostgresConnection
    ) throws(PostgresFailure) -> PostgresRows {
        guard let statements else {
            return try run(connection, OwnTable.findByName, [name.canonical], limit: 1)
        }
        return try run(connection, statements.find, [name.canonical], limit: 1)
    }

    private func user(_ rows: PostgresRows, asked name: LoginName) throws(StoreError) -> UserRecord? {
        guard let row = rows.rows.first else { return nil }
        let user = try PostgresRow(rows.columns, row).user(asked: name)
        known.withLock { known in
            if known.names.count >= Self.memory, known.names[user.id] == nil,
                let some = known.names.keys.first
            {
                known.names[some] = nil
            }
            known.names[user.id] = name
            if let hash = try? PasswordHash(user.hash), known.kinds.count < 64 {
                known.kinds.insert(hash.kind)
            }
        }
        return user
    }

    /// Gives the statement as many of the values as it takes.
    private func run(
        _ connection: PostgresConnection, _ statement: PostgresStatements.Statement, _ values: [String?],
        limit: Int = 1_000
    ) throws(PostgresFailure) -> PostgresRows {
        try run(connection, statement.text, Array(values.prefix(statement.count)), limit: limit)
    }

    private func run(
        _ connection: PostgresConnection, _ sql: String, _ values: [String?], limit: Int = 1_000
    ) throws(PostgresFailure) -> PostgresRows {
        if statements == nil, !known.withLock({ $0.isPrepared }) { try prepare(connection) }
        return try connection.run(sql, values, limit: limit, deadline: .now + pool.server.timeout)
    }

    /// Makes the table of the gateway's own.
    private func prepare(_ connection: PostgresConnection) throws(PostgresFailure) {
        let deadline = ContinuousClock.now + pool.server.timeout
        if try connection.run(OwnTable.exists, deadline: deadline).rows.first?.first != "t" {
            for statement in OwnTable.create {
                do throws(PostgresFailure) {
                    _ = try connection.run(statement, deadline: deadline)
                } catch .refused(let state, _) where ["23505", "42P07", "42710"].contains(state) {
                    // Another process makes it at the same moment.
                    continue
                }
            }
        }
        known.withLock { $0.isPrepared = true }
    }

    private func store(_ failure: PostgresFailure, _ what: String) -> StoreError {
        let place = pool.server.shown
        switch failure {
        case .lost(let reason): return .unavailable(.failed, detail: "\(place): \(reason)")
        case .refused("21000", let reason):
            return .unavailable(.corrupt, detail: "\(place): \"\(what)\" gives \(reason) for one user")
        case .refused(let state, let reason):
            return .unavailable(.failed, detail: "\(place): \"\(what)\" was refused (\(state)): \(reason)")
        }
    }

    private static func missing(_ statement: String) -> StoreError {
        .invalid(detail: "there is no \(statement) in the configuration of this store")
    }

    private static func elsewhere(_ what: String) -> StoreError {
        .invalid(detail: "\(what): this store uses an application's own table; change it there")
    }
}
