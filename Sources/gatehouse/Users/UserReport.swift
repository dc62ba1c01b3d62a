import Accounts
import Pages
import Supervisor

/// Users as commands show them. A hash is never part of it.
struct UserReport {
    private var users: [(record: UserRecord, store: String)] = []
    private let showsStore: Bool

    init(showsStore: Bool) { self.showsStore = showsStore }

    mutating func add(_ record: UserRecord, _ store: String) { users.append((record, store)) }

    var table: String {
        var table = TextTable("NAME", "ID", "ROLES", "CREATED", "STATE", showsStore ? "STORE" : "")
        for (record, store) in users {
            table.add(
                record.name.typed, record.id.text, Self.list(record.roles), Moment.text(record.createdMs),
                record.isDisabled ? "disabled" : "", showsStore ? store : "")
        }
        return table.text
    }

    var json: String {
        var writer = JSONWriter()
        writer.object { object in
            object.key("users")
            object.array { array in
                for (record, store) in users {
                    array.object { Self.members(record, store, nil, &$0) }
                }
            }
        }
        return String(decoding: writer.bytes, as: UTF8.self) + "\n"
    }

    static func json(_ record: UserRecord, _ store: String, password: String? = nil) -> String {
        var writer = JSONWriter()
        writer.object { members(record, store, password, &$0) }
        return String(decoding: writer.bytes, as: UTF8.self) + "\n"
    }

    static func lines(_ record: UserRecord, _ store: String) -> String {
        """
        name     \(record.name.typed)
        id       \(record.id)
        roles    \(list(record.roles))
        created  \(Moment.text(record.createdMs))
        state    \(record.isDisabled ? "disabled" : "may log in")
        store    \(store)

        """
    }

    private static func list(_ roles: [String]) -> String {
        roles.isEmpty ? "-" : roles.joined(separator: ",")
    }

    private static func members(
        _ record: UserRecord, _ store: String, _ password: String?, _ object: inout JSONWriter
    ) {
        object.key("id")
        object.string(record.id.text)
        object.key("name")
        object.string(record.name.typed)
        object.key("roles")
        object.array { array in
            for role in record.roles { array.string(role) }
        }
        object.key("disabled")
        object.boolean(record.isDisabled)
        object.key("created")
        object.string(Moment.text(record.createdMs))
        object.key("store")
        object.string(store)
        guard let password else { return }
        object.key("password")
        object.string(password)
    }
}

extension OpenStore {
    /// Calls `body` with every user, by name, reading some at a time.
    ///
    /// - Throws: `ExitFailure` with status 69.
    func forEach(_ body: (UserRecord) -> Void) throws(ExitFailure) {
        var last: LoginName?
        while true {
            let page = try reading { (store) throws(StoreError) in try store.list(after: last, limit: 500) }
            for record in page { body(record) }
            guard page.count == 500 else { return }
            last = page.last?.name
        }
    }
}
