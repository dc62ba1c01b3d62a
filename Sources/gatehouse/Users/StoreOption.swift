import Accounts
import ArgumentParser
import GatewayConfig
import Proxy
import Supervisor

/// Which users a command is about.
struct StoreOption: ParsableArguments {
    @OptionGroup var file: ConfigurationOption
    @Option(
        help: ArgumentHelp(
            "The users block of gateway.conf. Default: the only one, or the one that knows the user.",
            valueName: "name"),
        completion: ConfiguredNames.stores)
    var store: String?

    /// The configuration. The state directory, where stores usually are, is made if there is none: users may be made
    /// before the gateway runs for the first time.
    ///
    /// - Throws: `ExitFailure`.
    func settings() throws(ExitFailure) -> Settings {
        let settings = try file.settings()
        let state = settings.stateDirectory ?? "state"
        try StateDirectory.make(state)
        try StateOwner.assume(state)
        return settings
    }
}

/// A users block, opened.
struct OpenStore {
    let settings: UsersSettings
    let accounts: Accounts
    var name: String { settings.name }

    /// Opens it; `roles` are those of a new user, nil: the configured ones.
    ///
    /// - Throws: `ExitFailure` with status 69.
    init(_ settings: UsersSettings, roles: [String]? = nil) throws(ExitFailure) {
        self.settings = settings
        var adapted = settings
        if let roles { adapted.defaultRoles = roles }
        do { accounts = try UserStores.accounts(adapted) } catch {
            throw ExitFailure(status: ExitStatus.unavailable, message: "users \(settings.name): \(error)")
        }
    }

    /// The blocks that `option` means.
    ///
    /// - Throws: `ExitFailure` with status 64 if there is none of that name.
    static func candidates(
        _ settings: Settings, named name: String?
    ) throws(ExitFailure) -> [UsersSettings] {
        guard !settings.users.isEmpty else {
            throw ExitFailure(
                status: ExitStatus.usage, message: "\(settings.path) has no users block")
        }
        guard let name else { return settings.users }
        let found = settings.users.filter { $0.name == name }
        guard found.isEmpty else { return found }
        let known = settings.users.map(\.name).joined(separator: ", ")
        throw ExitFailure(
            status: ExitStatus.usage, message: "there is no users block \"\(name)\"; there are: \(known)")
    }

    /// The only block that `name` can mean.
    ///
    /// - Throws: `ExitFailure` with status 64 if there are several.
    static func only(_ settings: Settings, named name: String?) throws(ExitFailure) -> UsersSettings {
        let found = try candidates(settings, named: name)
        if found.count == 1 { return found[0] }
        let known = found.map(\.name).joined(separator: ", ")
        throw ExitFailure(
            status: ExitStatus.usage, message: "there are several users blocks; choose by --store: \(known)")
    }
}

/// A user that was found, and where.
struct FoundUser {
    let store: OpenStore
    let record: UserRecord

    /// The user whose login name or id is `text`. Looks in all stores: one match is used (decision 29).
    ///
    /// - Throws: `ExitFailure`: 64 if several stores know one, 1 if none does, 69 if a store cannot be read.
    static func find(
        _ text: String, _ settings: Settings, store name: String?
    ) throws(ExitFailure) -> FoundUser {
        var found: [FoundUser] = []
        for candidate in try OpenStore.candidates(settings, named: name) {
            let store = try OpenStore(candidate)
            if let record = try store.find(text) { found.append(FoundUser(store: store, record: record)) }
        }
        if found.count == 1 { return found[0] }
        if found.isEmpty {
            throw ExitFailure(status: ExitStatus.failure, message: "there is no user \"\(text)\"")
        }
        let stores = found.map(\.store.name).joined(separator: ", ")
        throw ExitFailure(
            status: ExitStatus.usage, message: "several stores know \"\(text)\"; choose by --store: \(stores)"
        )
    }

    /// The same for a command that changes the user.
    ///
    /// - Throws: `ExitFailure` as `find`, and with status 1 if the user's store is only read.
    static func findToChange(
        _ text: String, _ settings: Settings, store name: String?
    ) throws(ExitFailure) -> FoundUser {
        let found = try find(text, settings, store: name)
        try found.store.requireWritable()
        return found
    }
}

extension OpenStore {
    /// - Throws: `ExitFailure` with status 1 if the store is only read, with what to do instead.
    func requireWritable() throws(ExitFailure) {
        guard let reason = accounts.store.readOnlyReason else { return }
        throw ExitFailure(status: ExitStatus.failure, message: "users \(name): \(reason)")
    }

    /// The user whose login name or id is `text`.
    ///
    /// - Throws: `ExitFailure` with status 69.
    func find(_ text: String) throws(ExitFailure) -> UserRecord? {
        try reading { (store) throws(StoreError) in
            if let name = LoginName(text), let record = try store.find(name: name) { return record }
            guard let id = UserID(text) else { return nil }
            return try store.find(id: id)
        }
    }

    /// Calls `body` with the store.
    ///
    /// - Throws: `ExitFailure`: 1 for what the store does not keep, 69 if it is not to be had.
    func reading<Result>(
        _ body: (any UserStore) throws(StoreError) -> Result
    ) throws(ExitFailure) -> Result {
        do throws(StoreError) { return try body(accounts.store) } catch {
            var status = ExitStatus.unavailable
            if case .invalid = error { status = ExitStatus.failure }
            throw ExitFailure(status: status, message: "users \(name): \(error)")
        }
    }
}
