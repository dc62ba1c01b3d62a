import Accounts
import Synchronization

/// The contract in its simplest form, to check the contract's own tests.
final class MemoryUserStore: UserStore {
    private let users = Mutex<[String: UserRecord]>([:])

    func find(name: LoginName) throws(StoreError) -> UserRecord? { users.withLock { $0[name.canonical] } }

    func find(id: UserID) throws(StoreError) -> UserRecord? {
        users.withLock { users in users.values.first { $0.id == id } }
    }

    func insert(_ record: UserRecord) throws(StoreError) -> InsertResult {
        if let refusal = RoleName.refusal(of: record.roles) { throw .invalid(detail: refusal) }
        return users.withLock { users in
            guard users[record.name.canonical] == nil else { return .nameTaken }
            users[record.name.canonical] = record
            return .inserted
        }
    }

    func setPassword(id: UserID, hash: String, replacing expected: String?) throws(StoreError) -> Bool {
        change(id) { user in
            guard expected == nil || expected == user.hash else { return false }
            user.hash = hash
            return true
        }
    }

    func setRoles(id: UserID, roles: [String]) throws(StoreError) -> Bool {
        if let refusal = RoleName.refusal(of: roles) { throw .invalid(detail: refusal) }
        return change(id) { user in
            user.roles = roles
            return true
        }
    }

    func setDisabled(id: UserID, _ isDisabled: Bool) throws(StoreError) -> Bool {
        change(id) { user in
            user.isDisabled = isDisabled
            return true
        }
    }

    func delete(id: UserID) throws(StoreError) -> Bool {
        users.withLock { users in
            guard let key = users.first(where: { $0.value.id == id })?.key else { return false }
            users[key] = nil
            return true
        }
    }

    func list(after name: LoginName?, limit: Int) throws(StoreError) -> [UserRecord] {
        users.withLock { users in
            let keys = users.keys.filter { $0 > name?.canonical ?? "" }.sorted()
            return keys.prefix(max(0, limit)).compactMap { users[$0] }
        }
    }

    func hashKinds() throws(StoreError) -> [HashKind] {
        Array(Set(users.withLock { users in users.values.compactMap { try? PasswordHash($0.hash).kind } }))
    }

    private func change(_ id: UserID, _ body: (inout UserRecord) -> Bool) -> Bool {
        users.withLock { users in
            guard let key = users.first(where: { $0.value.id == id })?.key, var user = users[key] else {
                return false
            }
            let isChanged = body(&user)
            users[key] = user
            return isChanged
        }
    }
}
