import Accounts
import GatewayConfig
import Operations
import Transport

/// Where logins and registrations queue for the helper threads: hashing and the store block, so neither runs on
/// the loop, and how many may wait has a limit for the whole gateway.
final class AccountsDesk {
    enum Outcome {
        case user(UserRecord)
        /// Unknown name, wrong password or disabled; told not before `since` plus `failureMilliseconds`.
        case rejected(BadCredentials, since: Int64)
        case nameTaken
        case invalidName
        case weakPassword(PasswordPolicy.Refusal)
        case unavailable(String)
    }

    enum PasswordOutcome {
        case changed
        /// The current password is another, or the user may not log in; told not before `since` plus
        /// `failureMilliseconds`.
        case rejected(BadCredentials, since: Int64)
        case weakPassword(PasswordPolicy.Refusal)
        case unavailable
    }

    let passwordMinimum: Int
    let passwordMaximum: Int
    /// Passwords are changed elsewhere.
    let isReadOnly: Bool
    let storeName: String
    /// The store, if it is a file.
    var fileStore: FileUserStore? { accounts.store as? FileUserStore }
    /// Every failed login takes this long, counted from its arrival (decision 19).
    private(set) var failureMilliseconds: Int64 = 500
    private let accounts: Accounts
    private let pool: HelperPool
    private let loop: EventLoop
    private let counters: WorkerCounters
    private let rejected: MetricCells
    private let duration: Histogram<SlowScale>
    private let hashLimit: Int
    private let onTrouble: (String) -> Void

    init(
        settings: UsersSettings, accounts: Accounts, pool: HelperPool, loop: EventLoop,
        counters: WorkerCounters, metrics: MetricRegion, hashLimit: Int,
        onTrouble: @escaping (String) -> Void
    ) {
        rejected = metrics.cells(.hashRejected)
        let algorithm: HashLabel =
            switch settings.hash {
            case .argon2id: .argon2id
            case .bcrypt: .bcrypt
            }
        duration = Histogram(metrics.cells(.hashDuration, algorithm.rawValue))
        storeName = settings.name
        passwordMinimum = settings.passwordMin
        passwordMaximum = settings.passwordMax
        isReadOnly = accounts.store.readOnlyReason != nil
        self.accounts = accounts
        self.pool = pool
        self.loop = loop
        self.counters = counters
        self.hashLimit = hashLimit
        self.onTrouble = onTrouble
        measure()
    }

    /// How long one hash takes here; failures are told a half later than that, rounded up to 50 ms.
    private func measure() {
        let accounts = self.accounts
        _ = pool.run({ try? accounts.slowestComparison() }) { [weak self] slowest in
            guard let slowest else { return }
            let milliseconds =
                slowest.components.seconds * 1_000 + slowest.components.attoseconds / 1_000_000_000_000_000
            self?.failureMilliseconds = (milliseconds * 3 / 2 / 50 + 1) * 50
        }
    }

    /// Checks a name and a password. False: too many wait already.
    func authenticate(name: [UInt8], password: [UInt8], completion: @escaping (Outcome) -> Void) -> Bool {
        let since = loop.now
        return run({ [accounts] in accounts.authenticate(name: name, password: password) }) { [self] result in
            switch result {
            case .ok(let user): completion(.user(user))
            case .badCredentials(let reason): completion(.rejected(reason, since: since))
            case .unavailable(let error):
                onTrouble("\(error)")
                completion(.unavailable("\(error)"))
            }
        }
    }

    /// Looks once more at a user who has just been authenticated. Queues behind nobody: the login it belongs to was
    /// admitted already.
    func confirm(_ user: UserRecord, password: [UInt8], completion: @escaping (LoginResult) -> Void) {
        let accepted = pool.run({ [accounts] in accounts.confirm(user, password: password) }) {
            [onTrouble] result in
            if case .unavailable(let error) = result { onTrouble(error) }
            completion(result)
        }
        if !accepted { completion(.unavailable("too much waits for the helper threads")) }
    }

    enum Look {
        /// The user as the store has it; nil: there is none.
        case known(UserRecord?)
        case unavailable
    }

    /// Whether users change without anybody telling the gateway.
    var isChangedByOthers: Bool { !(accounts.store is SQLiteUserStore) }

    /// Reads a user.
    func look(_ id: UserID, name: [UInt8], completion: @escaping (Look) -> Void) {
        let store = accounts.store
        let work: @Sendable () -> Result<UserRecord?, StoreError> = {
            do throws(StoreError) {
                guard let name = LoginName(name) else { return .success(try store.find(id: id)) }
                return .success(try store.find(id: id, name: name))
            } catch { return .failure(error) }
        }
        let accepted = pool.run(work) { [onTrouble] result in
            switch result {
            case .success(let record): completion(.known(record))
            case .failure(let error):
                onTrouble("\(error)")
                completion(.unavailable)
            }
        }
        if !accepted { completion(.unavailable) }
    }

    /// Makes an account. False: too many wait already.
    func register(name: [UInt8], password: [UInt8], completion: @escaping (Outcome) -> Void) -> Bool {
        return run({ [accounts] in accounts.register(name: name, password: password) }) { [self] result in
            switch result {
            case .created(let user): completion(.user(user))
            case .nameTaken: completion(.nameTaken)
            case .invalidName: completion(.invalidName)
            case .weakPassword(let reason): completion(.weakPassword(reason))
            case .readOnly(let error), .unavailable(let error):
                onTrouble("\(error)")
                completion(.unavailable("\(error)"))
            }
        }
    }

    /// Replaces a password. False: too many wait already.
    func changePassword(
        id: UserID, name: [UInt8], current: [UInt8], new: [UInt8],
        completion: @escaping (PasswordOutcome) -> Void
    ) -> Bool {
        let since = loop.now
        return run({ [accounts] in accounts.changePassword(id: id, name: name, current: current, new: new) })
        {
            [self] result in
            switch result {
            case .changed: completion(.changed)
            case .badCredentials(let reason): completion(.rejected(reason, since: since))
            case .weakPassword(let reason): completion(.weakPassword(reason))
            case .readOnly(let error), .unavailable(let error):
                onTrouble("\(error)")
                completion(.unavailable)
            }
        }
    }

    private func run<Result: Sendable>(
        _ work: @escaping @Sendable () -> Result, completion: @escaping (Result) -> Void
    ) -> Bool {
        guard counters.acquire(.hashJobs, limit: hashLimit) else {
            rejected.add()
            return false
        }
        let timed: @Sendable () -> (Result, Int64) = {
            let start = Clock.monotonicMicroseconds()
            return (work(), Clock.monotonicMicroseconds() - start)
        }
        let accepted = pool.run(timed) { [counters, duration] result, took in
            counters.release(.hashJobs)
            duration.observe(took)
            completion(result)
        }
        if !accepted {
            counters.release(.hashJobs)
            rejected.add()
        }
        return accepted
    }
}
