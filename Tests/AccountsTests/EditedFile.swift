import Accounts
import Foundation
import Synchronization

/// A file store together with whoever edits its file, so that the contract of stores can be run over it. The file
/// carries neither ids nor times of its own, so the editor remembers those. Somebody unknown to the editor is always in
/// it: an emptied file is taken for a mishap.
final class EditedFile: UserStore {
    /// What all editors of one file share.
    final class Desk: Sendable {
        let path: String
        let users = Mutex<[String: UserRecord]>([:])

        init(path: String) throws {
            self.path = path
            try Data("keeper:x:\n".utf8).write(to: URL(fileURLWithPath: path))
        }

        /// Changes the users and replaces the file, as one step.
        func edit<Result: Sendable>(_ body: (inout [String: UserRecord]) -> Result) throws(StoreError)
            -> Result
        {
            let path = self.path
            return try users.withLock { (users) throws(StoreError) in
                let result = body(&users)
                let lines = users.values.map { user in
                    "\(user.name.typed):\(user.isDisabled ? "!" : "")\(user.hash):\(user.roles.joined(separator: ","))\n"
                }
                do {
                    try Data(("keeper:x:\n" + lines.joined()).utf8)
                        .write(to: URL(fileURLWithPath: path), options: .atomic)
                } catch { throw .unavailable(.failed, detail: "\(error)") }
                return result
            }
        }
    }

    private let desk: Desk
    private let file: FileUserStore

    init(_ desk: Desk) throws {
        self.desk = desk
        file = try FileUserStore(path: desk.path, rest: .zero)
    }

    func find(name: LoginName) throws(StoreError) -> UserRecord? { complete(try file.find(name: name)) }

    func find(id: UserID) throws(StoreError) -> UserRecord? {
        let name = desk.users.withLock { users in users.values.first { $0.id == id }?.name }
        guard let name, let record = try file.find(name: name) else { return nil }
        return complete(try file.find(id: record.id))
    }

    func insert(_ record: UserRecord) throws(StoreError) -> InsertResult {
        if let refusal = RoleName.refusal(of: record.roles) { throw .invalid(detail: refusal) }
        return try desk.edit { users in
            guard users[record.name.canonical] == nil else { return .nameTaken }
            users[record.name.canonical] = record
            return .inserted
        }
    }

    func setPassword(id: UserID, hash: String, replacing expected: String?) throws(StoreError) -> Bool {
        try change(id) { user in
            guard expected == nil || expected == user.hash else { return false }
            user.hash = hash
            return true
        }
    }

    func setRoles(id: UserID, roles: [String]) throws(StoreError) -> Bool {
        if let refusal = RoleName.refusal(of: roles) { throw .invalid(detail: refusal) }
        return try change(id) { user in
            user.roles = roles
            return true
        }
    }

    func setDisabled(id: UserID, _ isDisabled: Bool) throws(StoreError) -> Bool {
        try change(id) { user in
            user.isDisabled = isDisabled
            return true
        }
    }

    func delete(id: UserID) throws(StoreError) -> Bool {
        try desk.edit { users in
            guard let name = users.first(where: { $0.value.id == id })?.key else { return false }
            return users.removeValue(forKey: name) != nil
        }
    }

    func list(after name: LoginName?, limit: Int) throws(StoreError) -> [UserRecord] {
        Array(try file.list(after: name, limit: limit + 1).compactMap { complete($0) }.prefix(max(0, limit)))
    }

    func hashKinds() throws(StoreError) -> [HashKind] { try file.hashKinds() }

    private func change(_ id: UserID, _ body: (inout UserRecord) -> Bool) throws(StoreError) -> Bool {
        try desk.edit { users in
            guard var user = users.values.first(where: { $0.id == id }), body(&user) else { return false }
            users[user.name.canonical] = user
            return true
        }
    }

    private func complete(_ record: UserRecord?) -> UserRecord? {
        guard let record, let known = desk.users.withLock({ $0[record.name.canonical] }) else { return nil }
        return UserRecord(
            id: known.id, name: record.name, hash: record.hash, roles: record.roles,
            isDisabled: record.isDisabled, createdMs: known.createdMs)
    }
}
