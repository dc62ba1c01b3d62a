import Accounts
import Operations
import Sessions
import Transport

/// Follows the files of file stores, and carries out on sessions what a change of a file means: other roles, or
/// their end. Each worker does it, after its own look: one that still took a login of a user who was just locked also
/// ends that session. Saying the same to Redis twice is harmless.
final class UserFileWatch {
    private static let interval = 1_000

    private struct Watched {
        let name: String
        let store: FileUserStore
        let realms: [Realm]
        var isLooking = false
    }

    private let loop: EventLoop
    private let pool: HelperPool
    private let log: ProcessLog
    private let audit: StoreChangeAudit
    private var files: [Watched] = []
    /// What could not be told to Redis yet, the oldest first.
    private var pending: [(realm: Realm, change: FileUserStore.Change)] = []
    private var isTelling = false
    private lazy var timer = DeadlineTimer(self)

    init(realms: [Realm], loop: EventLoop, pool: HelperPool, log: ProcessLog, audit: AuditLog) {
        self.audit = StoreChangeAudit(log: audit)
        self.loop = loop
        self.pool = pool
        self.log = log
        for realm in realms {
            guard let store = realm.accounts.fileStore else { continue }
            if let index = files.firstIndex(where: { $0.store === store }) {
                files[index] = Watched(
                    name: files[index].name, store: store, realms: files[index].realms + [realm])
            } else {
                files.append(Watched(name: realm.accounts.storeName, store: store, realms: [realm]))
            }
        }
    }

    /// Begins; does nothing without file stores.
    func start() {
        if !files.isEmpty { loop.arm(timer, after: Self.interval) }
    }

    func stop() { timer.disarm() }

    private func lookAtAll() {
        for (index, file) in files.enumerated() where !file.isLooking {
            let store = file.store
            // A network's file system may keep it waiting.
            files[index].isLooking = pool.run({ (store.look(), store.takeChanges()) }) { [weak self] seen in
                self?.take(seen.0, seen.1, index)
            }
        }
        tellRedis()
        loop.arm(timer, after: Self.interval)
    }

    private func take(_ looks: [FileUserStore.Look], _ changes: [FileUserStore.Change], _ index: Int) {
        files[index].isLooking = false
        let file = files[index]
        for look in looks { report(look, file) }
        for change in changes {
            pending += file.realms.map { ($0, change) }
        }
        tellRedis()
    }

    private func report(_ look: FileUserStore.Look, _ file: Watched) {
        switch look {
        case .same: break
        case .changed(let users, let unusable):
            log.notice(
                "the file of users was read anew", ["store": .text(file.name), "users": .number(users)])
            if unusable > 0 { UserStores.tellUnusable(file.store, file.name, log) }
        case .refused(let reason):
            log.error(
                "critical: the file of users cannot be taken; the users stay as they were",
                ["store": .text(file.name), "reason": .text(reason)])
        }
    }

    /// One after the other: what Redis does not take now is said again a second later.
    private func tellRedis() {
        guard !isTelling, let (realm, change) = pending.first else { return }
        isTelling = true
        let next: (Int?) -> Void = { [weak self] count in
            guard let self else { return }
            isTelling = false
            guard let count else { return }
            audit.record(change, realm, sessions: count)
            pending.removeFirst()
            tellRedis()
        }
        switch change {
        case .roles(let user, let roles):
            realm.sessions.setRoles(
                roles.map { Array($0.utf8) }, userID: Array(user.text.utf8), completion: next)
        case .ended(let user): realm.sessions.endAll(userID: Array(user.text.utf8), completion: next)
        }
    }
}

extension UserFileWatch: DeadlineReceiver {
    func onDeadline(_ timer: DeadlineTimer) { lookAtAll() }
}
