/// Reads users out of rows, by the names of their columns.
struct PostgresRow {
    private let values: [String: String?]
    private let columns: [String]

    init(_ columns: [String], _ values: [String?]) {
        self.columns = columns
        self.values = Dictionary(zip(columns.map { $0.lowercased() }, values)) { first, _ in first }
    }

    /// The user of the row. `name` is what was asked for; nil: the row says.
    func user(asked name: LoginName?) throws(StoreError) -> UserRecord {
        let stored = (text("display_name") ?? text("name")).flatMap { LoginName($0) }
        // Other tables have people's names there.
        guard let login = stored.flatMap({ name == nil || $0 == name ? $0 : nil }) ?? name else {
            throw Self.damaged("a name in the table is no login name")
        }
        guard let idText = text("id") ?? text("user_id") else { throw missing("id") }
        guard let id = UserID(idText) else {
            throw Self.damaged("the id of user \(login) is not 1 to 128 of [A-Za-z0-9_.:@-]")
        }
        let hashNames = ["hash", "password_hash", "passwordhash", "password"]
        guard let hashName = hashNames.first(where: { values[$0] != nil }) else { throw missing("hash") }
        let roles = Self.list(text("roles") ?? text("role") ?? "")
        if let refusal = RoleName.refusal(of: roles) { throw Self.damaged("user \(login): \(refusal)") }
        // A user without a password, one of a single sign-on for example, has a hash that nothing matches.
        return UserRecord(
            id: id, name: login, hash: text(hashName) ?? "", roles: roles, isDisabled: isSet("disabled"),
            createdMs: (text("created_ms") ?? text("created")).flatMap { Int64($0) } ?? 0)
    }

    private func text(_ column: String) -> String? { values[column] ?? nil }

    /// Whether a column says yes: true, or a time at which it became so.
    private func isSet(_ column: String) -> Bool {
        guard let text = text(column) else { return false }
        return !["", "f", "false", "0", "n", "no", "off"].contains(text.lowercased())
    }

    /// `a,b`, `{a,b}` of an array, `["a","b"]` of JSON.
    private static func list(_ text: String) -> [String] {
        text.split(separator: ",").map { part in
            String(
                part.drop { " {[\"".contains($0) }.reversed().drop { " }]\"".contains($0) }.reversed())
        }.filter { !$0.isEmpty }
    }

    private func missing(_ column: String) -> StoreError {
        Self.damaged(
            "the rows of \"find\" have no column \(column), or nothing in it; they have: "
                + "\(columns.joined(separator: ", ")) (write: select ... as \(column))")
    }

    private static func damaged(_ what: String) -> StoreError {
        .unavailable(.corrupt, detail: "PostgreSQL: \(what)")
    }
}
