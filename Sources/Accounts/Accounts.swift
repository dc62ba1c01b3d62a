internal import Glibc

/// Logins and registrations against one users store.
///
/// Every method blocks, for the time of one password hash or two and for the store: call them on a bounded
/// pool, whose size bounds the memory used at once (each hash takes what its kind says). Any thread may call.
public struct Accounts: Sendable {
    /// The store.
    public let store: any UserStore
    /// What new hashes are made of, and what names that do not exist cost.
    public let kind: HashKind
    /// What new passwords must be.
    public let policy: PasswordPolicy
    /// The roles of users who register.
    public let defaultRoles: [String]
    private let hasher: any PasswordHashing
    private let now: @Sendable () -> Int64
    private let notify: @Sendable (AccountsNotice) -> Void

    /// Accounts on `store`.
    ///
    /// - Parameters:
    ///   - store: Where the users are.
    ///   - kind: How new passwords are hashed; must be within its bounds (`HashKind.refusal` is nil).
    ///   - policy: What new passwords must be.
    ///   - defaultRoles: The roles of users who register.
    ///   - hasher: Hashes and compares.
    ///   - now: Milliseconds since 1970.
    ///   - notify: Called on the calling thread with what an operator should know.
    public init(
        store: any UserStore, kind: HashKind, policy: PasswordPolicy = PasswordPolicy(),
        defaultRoles: [String] = [], hasher: any PasswordHashing = PasswordHasher(),
        now: @escaping @Sendable () -> Int64 = Accounts.systemMilliseconds,
        notify: @escaping @Sendable (AccountsNotice) -> Void = { _ in }
    ) {
        self.store = store
        self.kind = kind
        self.policy = policy
        self.defaultRoles = defaultRoles
        self.hasher = hasher
        self.now = now
        self.notify = notify
    }

    /// Checks a name and its password. A name that does not exist, a wrong password and a disabled user all cost
    /// one comparison; a successful login whose hash is not of `kind` stores a new one.
    public func authenticate(name: [UInt8], password: [UInt8]) -> LoginResult {
        do throws(StoreError) {
            guard let name = LoginName(name), let record = try store.find(name: name) else {
                return spendComparison(on: password, then: .unknownName)
            }
            return check(record, password: password)
        } catch {
            return .unavailable(error.description)
        }
    }

    /// Looks once more at a user who has just been authenticated with `password`, and whose session is written by now:
    /// whoever changed the user in between did not find the session. Costs a comparison only if the hash is another.
    public func confirm(_ user: UserRecord, password: [UInt8]) -> LoginResult {
        do throws(StoreError) {
            guard let current = try store.find(id: user.id, name: user.name) else {
                return .badCredentials(.unknownName)
            }
            guard !current.isDisabled else { return .badCredentials(.disabled) }
            return current.hash == user.hash
                ? .ok(current) : check(current, password: password, upgrades: false)
        } catch {
            return .unavailable(error.description)
        }
    }

    /// Adds a user. The cheap refusals come first; only an acceptable name that seems free is worth a hash.
    public func register(name: [UInt8], password: [UInt8]) -> RegisterResult {
        if let reason = store.readOnlyReason { return .readOnly(reason) }
        guard let name = LoginName(name) else { return .invalidName }
        if let refusal = policy.refusal(of: password, name: name, kind: kind) {
            return .weakPassword(refusal)
        }
        do throws(StoreError) {
            if try store.find(name: name) != nil { return .nameTaken }
            let record = try makeRecord(name: name, password: password)
            switch try store.insert(record) {
            case .inserted: return .created(record)
            case .insertedAs(let stored): return .created(stored)
            case .nameTaken: return .nameTaken
            }
        } catch {
            return .unavailable(error.description)
        }
    }

    /// Replaces the password of a user who proves to know the current one.
    /// `name` is the user's name as far as is known, for stores that find by name only.
    public func changePassword(
        id: UserID, name: [UInt8] = [], current: [UInt8], new: [UInt8]
    ) -> PasswordChangeResult {
        if let reason = store.readOnlyReason { return .readOnly(reason) }
        do throws(StoreError) {
            let found =
                if let name = LoginName(name) { try store.find(id: id, name: name) } else {
                    try store.find(id: id)
                }
            guard let record = found else { return .badCredentials(.unknownName) }
            switch check(record, password: current, upgrades: false) {
            case .badCredentials(let reason): return .badCredentials(reason)
            case .unavailable(let detail): return .unavailable(detail)
            case .ok: break
            }
            if let refusal = policy.refusal(of: new, name: record.name, kind: kind) {
                return .weakPassword(refusal)
            }
            let hash = try makeHash(new)
            // Against the hash that was compared: two changes at once must not both succeed.
            let isStored = try store.setPassword(id: id, hash: hash, replacing: record.hash)
            return isStored ? .changed : .badCredentials(.wrongPassword)
        } catch {
            return .unavailable(error.description)
        }
    }

    /// Replaces the password of a user without asking for the current one: for operators.
    public func resetPassword(id: UserID, new: [UInt8]) -> PasswordChangeResult {
        if let reason = store.readOnlyReason { return .readOnly(reason) }
        do throws(StoreError) {
            guard let record = try store.find(id: id) else { return .badCredentials(.unknownName) }
            if let refusal = policy.refusal(of: new, name: record.name, kind: kind) {
                return .weakPassword(refusal)
            }
            let isStored = try store.setPassword(id: id, hash: makeHash(new))
            return isStored ? .changed : .badCredentials(.unknownName)
        } catch {
            return .unavailable(error.description)
        }
    }

    /// How long the slowest comparison takes that a login may cost: of the configured kind and of every kind in
    /// the store. Failed logins are to be answered no earlier than this after their start.
    ///
    /// - Throws: `StoreError`; an uncomputable hash has the cause `memory`.
    public func slowestComparison() throws(StoreError) -> Duration {
        var slowest = Duration.zero
        for kind in Set(try store.hashKinds() + [kind]) {
            do throws(HashFailure) {
                slowest = max(slowest, try hasher.measure(kind))
            } catch {
                throw .unavailable(.memory, detail: "\(kind): \(error)")
            }
        }
        return slowest
    }

    /// The system's wall clock, in milliseconds since 1970.
    public static func systemMilliseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}

extension Accounts {
    private func check(_ record: UserRecord, password: [UInt8], upgrades: Bool = true) -> LoginResult {
        let stored: PasswordHash
        do throws(HashFailure) {
            stored = try PasswordHash(record.hash)
        } catch {
            notify(.unusableHash(record.id, reason: error.description))
            return spendComparison(on: password, then: .unusableHash)
        }
        do throws(HashFailure) {
            guard try hasher.verify(password, against: stored) else { return .badCredentials(.wrongPassword) }
        } catch {
            return .unavailable(error.description)
        }
        guard !record.isDisabled else { return .badCredentials(.disabled) }
        guard upgrades, store.readOnlyReason == nil, stored.needsUpgrade(to: kind) else { return .ok(record) }
        return .ok(upgraded(record, password: password))
    }

    private func spendComparison(on password: [UInt8], then reason: BadCredentials) -> LoginResult {
        do throws(HashFailure) {
            _ = try hasher.verify(password, against: .dummy(kind))
            return .badCredentials(reason)
        } catch {
            return .unavailable(error.description)
        }
    }

    /// The record with a hash of the configured kind, or unchanged when that could not be made or stored.
    private func upgraded(_ record: UserRecord, password: [UInt8]) -> UserRecord {
        var upgraded = record
        do throws(HashFailure) {
            upgraded.hash = try hasher.hash(password, kind: kind)
        } catch {
            notify(.upgradeFailed(record.id, reason: error.description))
            return record
        }
        do throws(StoreError) {
            // Another login or a change of password may have been quicker; then theirs stays.
            let isStored = try store.setPassword(id: record.id, hash: upgraded.hash, replacing: record.hash)
            return isStored ? upgraded : record
        } catch {
            notify(.upgradeFailed(record.id, reason: error.description))
            return record
        }
    }

    private func makeRecord(name: LoginName, password: [UInt8]) throws(StoreError) -> UserRecord {
        do throws(HashFailure) {
            let hash = try hasher.hash(password, kind: kind)
            return UserRecord(
                id: try .make(), name: name, hash: hash, roles: defaultRoles, createdMs: now())
        } catch {
            throw .unavailable(.memory, detail: error.description)
        }
    }

    private func makeHash(_ password: [UInt8]) throws(StoreError) -> String {
        do throws(HashFailure) {
            return try hasher.hash(password, kind: kind)
        } catch {
            throw .unavailable(.memory, detail: error.description)
        }
    }
}
