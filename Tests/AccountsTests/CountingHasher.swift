import Accounts
import Synchronization

/// Counts what it is asked for; "hashes" by writing the password behind the kind's dummy, or fails.
final class CountingHasher: PasswordHashing {
    struct Calls: Equatable {
        var verified: [HashKind] = []
        var hashed: [HashKind] = []
    }
    private let state = Mutex(Calls())
    private let real = PasswordHasher()
    let hashFailure: HashFailure?
    let verifyFailure: HashFailure?

    init(hashFailure: HashFailure? = nil, verifyFailure: HashFailure? = nil) {
        self.hashFailure = hashFailure
        self.verifyFailure = verifyFailure
    }

    var calls: Calls { state.withLock { $0 } }
    func reset() { state.withLock { $0 = Calls() } }

    func hash(_ password: [UInt8], kind: HashKind) throws(HashFailure) -> String {
        state.withLock { $0.hashed.append(kind) }
        if let hashFailure { throw hashFailure }
        return try real.hash(password, kind: kind)
    }

    func verify(_ password: [UInt8], against stored: PasswordHash) throws(HashFailure) -> Bool {
        state.withLock { $0.verified.append(stored.kind) }
        if let verifyFailure { throw verifyFailure }
        return try real.verify(password, against: stored)
    }
}

/// Answers nothing.
struct BrokenStore: UserStore {
    static let error = StoreError.unavailable(.failed, detail: "the disk is on fire; fetch water")
    func find(name: LoginName) throws(StoreError) -> UserRecord? { throw Self.error }
    func find(id: UserID) throws(StoreError) -> UserRecord? { throw Self.error }
    func insert(_ record: UserRecord) throws(StoreError) -> InsertResult { throw Self.error }
    func setPassword(id: UserID, hash: String, replacing expected: String?) throws(StoreError) -> Bool {
        throw Self.error
    }
    func setRoles(id: UserID, roles: [String]) throws(StoreError) -> Bool { throw Self.error }
    func setDisabled(id: UserID, _ isDisabled: Bool) throws(StoreError) -> Bool { throw Self.error }
    func delete(id: UserID) throws(StoreError) -> Bool { throw Self.error }
    func list(after name: LoginName?, limit: Int) throws(StoreError) -> [UserRecord] { throw Self.error }
    func hashKinds() throws(StoreError) -> [HashKind] { throw Self.error }
}
