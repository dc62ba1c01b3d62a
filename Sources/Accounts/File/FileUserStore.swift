internal import Synchronization

/// Users in a file that other programs write, htpasswd for one: `name:hash` or `name:hash:role,role` on each line.
/// It is only read. Changes are refused with `StoreError.invalid`.
///
/// The file is looked at on every call, and read again when it has changed and then rested for a moment, so that
/// one that is being written is not taken half. One that cannot be taken leaves the users as they were.
public final class FileUserStore: UserStore {
    /// What became of a look at the file.
    public enum Look: Sendable, Equatable {
        /// As it was.
        case same
        /// Read anew; `unusable` is how many of its users cannot log in for their hash.
        case changed(users: Int, unusable: Int)
        /// It cannot be taken, and the users stay as they were. Told once for each state of the file.
        case refused(String)
    }

    /// A user whose sessions the file speaks about.
    public enum Change: Sendable, Equatable {
        /// The roles are others now.
        case roles(UserID, [String])
        /// Gone, locked, or with another password.
        case ended(UserID)
    }

    private struct State {
        var content: UserFileContent
        var loaded: FileSignature
        /// A state of the file that is not loaded, and since when.
        var pending: (signature: FileSignature, since: ContinuousClock.Instant)?
        /// A state that was refused.
        var refused: FileSignature?
        var missing = false
        var news: [Look] = []
        var changes: [Change] = []
    }

    /// The largest file, in bytes.
    public static let maximumCount = 32 << 20

    /// The file.
    public let path: String
    private let isWatched: Bool
    private let rest: Duration
    private let state: Mutex<State>

    /// Reads the file.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - isWatched: Whether changes of it count while the store is open.
    ///   - rest: How long a changed file must have stayed the same before it is read.
    /// - Throws: `StoreError`; one of the cause `corrupt` names the line.
    public init(path: String, isWatched: Bool = true, rest: Duration = .seconds(1)) throws(StoreError) {
        self.path = path
        self.isWatched = isWatched
        self.rest = rest
        let (content, signature) = try Self.load(path)
        state = Mutex(State(content: content, loaded: signature))
    }

    /// Nothing can be stored here.
    public var readOnlyReason: String? {
        "\(path) is only read here: change the file itself, and it is taken at once"
    }

    /// Users of the file whose hash is of no use, as they were read last: the line of each and why.
    public var unusableHashes: [(id: UserID, line: Int, reason: String)] {
        state.withLock { $0.content.unusable }
    }

    /// Looks at the file, and returns what was seen since the last call, also by other calls of the store.
    public func look() -> [Look] {
        state.withLock { state in
            refresh(&state)
            defer { state.news = [] }
            return state.news
        }
    }

    /// What the file's changes since the last call mean to sessions.
    public func takeChanges() -> [Change] {
        state.withLock { state in
            defer { state.changes = [] }
            return state.changes
        }
    }

    /// The user of that name, whatever the case of its letters.
    public func find(name: LoginName) throws(StoreError) -> UserRecord? {
        current { $0.users[name.canonical] }
    }

    /// The user with that id.
    public func find(id: UserID) throws(StoreError) -> UserRecord? { current { $0.user(id: id) } }

    /// Refused.
    public func insert(_ record: UserRecord) throws(StoreError) -> InsertResult { throw refusal }

    /// Refused.
    public func setPassword(id: UserID, hash: String, replacing expected: String?) throws(StoreError) -> Bool
    {
        throw refusal
    }

    /// Refused.
    public func setRoles(id: UserID, roles: [String]) throws(StoreError) -> Bool { throw refusal }

    /// Refused.
    public func setDisabled(id: UserID, _ isDisabled: Bool) throws(StoreError) -> Bool { throw refusal }

    /// Refused.
    public func delete(id: UserID) throws(StoreError) -> Bool { throw refusal }

    /// At most `limit` users by canonical name, those after `name` only.
    public func list(after name: LoginName?, limit: Int) throws(StoreError) -> [UserRecord] {
        current { content in
            let start = name.map { name in content.names.partitioningIndex { $0 > name.canonical } } ?? 0
            return content.names[start...].prefix(max(0, limit)).compactMap { content.users[$0] }
        }
    }

    /// The different kinds of hash in the file.
    public func hashKinds() throws(StoreError) -> [HashKind] {
        current { content in
            Array(Set(content.users.values.compactMap { user in try? PasswordHash(user.hash).kind }))
        }
    }

    private var refusal: StoreError { .invalid(detail: readOnlyReason ?? "") }

    private func current<Result: Sendable>(_ body: (UserFileContent) -> Result) -> Result {
        state.withLock { state in
            refresh(&state)
            return body(state.content)
        }
    }

    private static func load(_ path: String) throws(StoreError) -> (UserFileContent, FileSignature) {
        let (text, signature) = try FileSignature.read(path: path, limit: maximumCount)
        do throws(UserFileContent.Fault) {
            return (try UserFileContent(text, createdMs: Int64(signature.seconds) * 1_000), signature)
        } catch {
            throw .unavailable(.corrupt, detail: "\(path):\(error.line): \(error.reason)")
        }
    }
}

extension FileUserStore {
    private func refresh(_ state: inout State) {
        guard isWatched else { return }
        do throws(StoreError) {
            let seen = try FileSignature(path: path)
            state.missing = false
            guard seen != state.loaded, seen != state.refused else {
                state.pending = nil
                return
            }
            guard hasRested(seen, &state) else { return }
            try take(seen, &state)
        } catch {
            refuse(error, &state)
        }
    }

    private func hasRested(_ seen: FileSignature, _ state: inout State) -> Bool {
        guard rest > .zero else { return true }
        let now = ContinuousClock.now
        if let pending = state.pending, pending.signature == seen { return now - pending.since >= rest }
        state.pending = (seen, now)
        return false
    }

    private func take(_ seen: FileSignature, _ state: inout State) throws(StoreError) {
        state.pending = nil
        let content: UserFileContent
        let signature: FileSignature
        do throws(StoreError) {
            (content, signature) = try Self.load(path)
            if content.users.isEmpty, !state.content.users.isEmpty {
                throw .unavailable(.corrupt, detail: "\(path): there is no user in it any more")
            }
        } catch {
            state.refused = seen
            throw error
        }
        // Written again while it was read: the next look finds it changed.
        guard signature == seen, (try? FileSignature(path: path)) == seen else { return }
        state.changes += Self.changes(from: state.content, to: content)
        state.content = content
        state.loaded = signature
        state.refused = nil
        tell(.changed(users: content.users.count, unusable: content.unusable.count), &state)
    }

    private func refuse(_ error: StoreError, _ state: inout State) {
        if case .unavailable(.corrupt, _) = error {
            tell(.refused(error.description), &state)
        } else if !state.missing {
            state.missing = true
            tell(.refused(error.description), &state)
        }
    }

    private func tell(_ look: Look, _ state: inout State) {
        // Where nobody asks for the news, only the last ones are kept.
        if state.news.count >= 16 { state.news.removeFirst() }
        state.news.append(look)
    }

    private static func changes(from old: UserFileContent, to new: UserFileContent) -> [Change] {
        old.names.compactMap { name -> Change? in
            guard let before = old.users[name] else { return nil }
            guard let after = new.users[name], !after.isDisabled, after.hash == before.hash else {
                return before.isDisabled ? nil : .ended(before.id)
            }
            return after.roles == before.roles ? nil : .roles(before.id, after.roles)
        }
    }
}

extension [String] {
    /// The first index whose element, and those of all after it, satisfy `isAfter`; the elements are sorted.
    fileprivate func partitioningIndex(_ isAfter: (String) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = low + (high - low) / 2
            if isAfter(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
