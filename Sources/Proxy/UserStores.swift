public import Accounts
public import GatewayConfig
public import Operations

/// The accounts that a `users` block describes.
public enum UserStores {
    /// Opens them; a store that does not exist yet is made. What happens to a user's hash is said in `log`.
    ///
    /// - Throws: `StoreError`.
    public static func accounts(_ settings: UsersSettings, log: ProcessLog? = nil) throws -> Accounts {
        let store: any UserStore =
            switch settings.store {
            case .sqlite(let path): try SQLiteUserStore(path: path)
            case .file(let path, let isWatched): try file(path, isWatched, settings.name, log)
            case .postgres(let postgres): Self.postgres(postgres)
            }
        let kind: HashKind =
            switch settings.hash {
            case .argon2id(let memory, let passes, let lanes):
                .argon2id(memoryKiB: memory, passes: passes, lanes: lanes)
            case .bcrypt(let cost): .bcrypt(cost: cost)
            }
        return Accounts(
            store: store, kind: kind,
            policy: PasswordPolicy(
                minimum: settings.passwordMin, maximum: settings.passwordMax,
                blocklist: settings.passwordBlocklist.map { PasswordBlocklist(file: $0) }),
            defaultRoles: settings.defaultRoles,
            notify: { notice in if let log { tell(log, settings.name, notice) } })
    }

    private static func postgres(_ settings: PostgresSettings) -> PostgresUserStore {
        let server = PostgresServer(
            url: settings.url, password: settings.password?.bytes, connections: settings.connections,
            connectTimeout: .milliseconds(settings.connectTimeout), timeout: .milliseconds(settings.timeout))
        let statement = { (statement: PostgresSettings.Statement) in
            PostgresStatements.Statement(text: statement.text, count: statement.count)
        }
        let statements = settings.find.map {
            PostgresStatements(
                find: statement($0), insert: settings.insert.map(statement),
                setPassword: settings.setPassword.map(statement))
        }
        return PostgresUserStore(server, statements: statements)
    }

    private static func file(
        _ path: String, _ isWatched: Bool, _ name: String, _ log: ProcessLog?
    ) throws(StoreError) -> FileUserStore {
        let store = try FileUserStore(path: path, isWatched: isWatched)
        if let log { tellUnusable(store, name, log) }
        return store
    }

    /// Says which users of the file cannot log in, the first few by name.
    static func tellUnusable(_ store: FileUserStore, _ name: String, _ log: ProcessLog) {
        let unusable = store.unusableHashes
        for user in unusable.prefix(8) {
            log.error(
                "a user's password hash is no use; the user cannot log in until the password is set anew",
                [
                    "store": .text(name), "user": .text(user.id.text),
                    "line": .text("\(store.path):\(user.line)"), "reason": .text(user.reason),
                ])
        }
        guard unusable.count > 8 else { return }
        log.error(
            "more users cannot log in for their hash",
            ["store": .text(name), "count": .number(unusable.count - 8)])
    }

    /// Called on helper threads.
    private static func tell(_ log: ProcessLog, _ store: String, _ notice: AccountsNotice) {
        switch notice {
        case .unusableHash(let user, let reason):
            log.error(
                "a user's password hash is no use; the user cannot log in until the password is set anew",
                ["store": .text(store), "user": .text(user.text), "reason": .text(reason)])
        case .upgradeFailed(let user, let reason):
            log.warning(
                "a user's password hash could not be brought up to date",
                ["store": .text(store), "user": .text(user.text), "reason": .text(reason)])
        }
    }
}
