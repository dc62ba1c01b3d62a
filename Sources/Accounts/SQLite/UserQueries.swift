/// The statements on the users table, and how its rows are read and written.
enum UserQueries {
    private static let columns = "id, name, display_name, hash, roles, disabled, created_ms"

    static let findByName = "SELECT \(columns) FROM users WHERE name = ?1"
    static let findByID = "SELECT \(columns) FROM users WHERE id = ?1"
    static let list = "SELECT \(columns) FROM users WHERE name > ?1 ORDER BY name LIMIT ?2"
    static let insert = """
        INSERT INTO users (\(columns)) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (name) DO NOTHING
        """
    static let setPassword = "UPDATE users SET hash = ?2 WHERE id = ?1 AND (?3 IS NULL OR hash = ?3)"
    static let setRoles = "UPDATE users SET roles = ?2 WHERE id = ?1"
    static let setDisabled = "UPDATE users SET disabled = ?2 WHERE id = ?1"
    static let delete = "DELETE FROM users WHERE id = ?1"

    /// Jumps from kind to kind in the index; DISTINCT would read all of it.
    static let hashKinds = """
        WITH RECURSIVE kinds (kind) AS (
            SELECT min(hash_kind) FROM users
            UNION ALL
            SELECT (SELECT min(hash_kind) FROM users WHERE hash_kind > kind) FROM kinds WHERE kind IS NOT NULL
        )
        SELECT kind FROM kinds WHERE kind IS NOT NULL
        """

    static func encode(roles: [String]) throws(StoreError) -> String {
        if let refusal = RoleName.refusal(of: roles) { throw .invalid(detail: refusal) }
        return roles.joined(separator: ",")
    }

    static func decode(_ row: SQLiteRow) throws(StoreError) -> UserRecord {
        let name = try row.text(1)
        guard let id = UserID(try row.text(0)) else {
            throw row.damaged("the id of user \(name.debugDescription) is not of the alphabet of ids")
        }
        guard let typed = LoginName(try row.text(2)), typed.canonical.utf8.elementsEqual(name.utf8) else {
            throw row.damaged("user \(id): name and display_name are not spellings of one login name")
        }
        let roles = try row.text(4).split(separator: ",").map(String.init)
        if let refusal = RoleName.refusal(of: roles) { throw row.damaged("user \(id): \(refusal)") }
        return UserRecord(
            id: id, name: typed, hash: try row.text(3), roles: roles, isDisabled: row.integer(5) != 0,
            createdMs: row.integer(6))
    }
}
