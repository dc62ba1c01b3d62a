public import Accounts
public import GatewayConfig

/// The accounts that a `users` block describes.
public enum UserStores {
    /// Opens them; a store that does not exist yet is made.
    ///
    /// - Throws: `StoreError`.
    public static func accounts(_ settings: UsersSettings) throws -> Accounts {
        let store: any UserStore =
            switch settings.store {
            case .sqlite(let path): try SQLiteUserStore(path: path)
            }
        let kind: HashKind =
            switch settings.hash {
            case .argon2id(let memory, let passes, let lanes):
                .argon2id(memoryKiB: memory, passes: passes, lanes: lanes)
            case .bcrypt(let cost): .bcrypt(cost: cost)
            }
        return Accounts(
            store: store, kind: kind,
            policy: PasswordPolicy(minimum: settings.passwordMin, maximum: settings.passwordMax),
            defaultRoles: settings.defaultRoles)
    }
}
