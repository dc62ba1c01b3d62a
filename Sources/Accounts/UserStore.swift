/// Where users are kept. Blocking; any thread may call. Several stores, in several processes, may share the
/// same users, and each sees what another has finished.
public protocol UserStore: Sendable {
    /// Why all changes are refused and what to do instead; nil where they are not.
    var readOnlyReason: String? { get }

    /// The user of that name, whatever the case of its letters.
    ///
    /// - Throws: `StoreError`, as every operation.
    func find(name: LoginName) throws(StoreError) -> UserRecord?

    /// The user with that id.
    func find(id: UserID) throws(StoreError) -> UserRecord?

    /// The user with that id, whose name was `name` when it was last seen: for stores that find by name only.
    func find(id: UserID, name: LoginName) throws(StoreError) -> UserRecord?

    /// Adds a user. Of several inserts of one name, in whatever thread or process, exactly one wins. It is on
    /// disk when this returns.
    func insert(_ record: UserRecord) throws(StoreError) -> InsertResult

    /// Replaces the hash; false when there is no such user, or when `expected` is given and is not the hash
    /// that is stored, so that a late writer never undoes a change of password.
    func setPassword(id: UserID, hash: String, replacing expected: String?) throws(StoreError) -> Bool

    /// Replaces the roles; false when there is no such user.
    func setRoles(id: UserID, roles: [String]) throws(StoreError) -> Bool

    /// Refuses or allows logins; false when there is no such user.
    func setDisabled(id: UserID, _ isDisabled: Bool) throws(StoreError) -> Bool

    /// Removes the user; false when there was none.
    func delete(id: UserID) throws(StoreError) -> Bool

    /// At most `limit` users, by canonical name, those after `name` only.
    func list(after name: LoginName?, limit: Int) throws(StoreError) -> [UserRecord]

    /// The different kinds of hash in the store, the unusable ones left out. Cheap: it reads an index.
    func hashKinds() throws(StoreError) -> [HashKind]
}

/// What became of an insert.
public enum InsertResult: Sendable, Equatable {
    /// The user is stored.
    case inserted
    /// The user is stored, and the store made something of its own of it, such as the id.
    case insertedAs(UserRecord)
    /// There is a user of that name; nothing was changed.
    case nameTaken
}

extension UserStore {
    /// Not unless a store says so.
    public var readOnlyReason: String? { nil }

    /// The user with that id.
    public func find(id: UserID, name: LoginName) throws(StoreError) -> UserRecord? { try find(id: id) }

    /// Replaces the hash, whatever it was; false when there is no such user.
    public func setPassword(id: UserID, hash: String) throws(StoreError) -> Bool {
        try setPassword(id: id, hash: hash, replacing: nil)
    }
}
