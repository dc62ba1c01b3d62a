/// The users of a file, one a line: `name:hash` or `name:hash:role,role`.
struct UserFileContent: Sendable, Equatable {
    /// A line that cannot be taken.
    struct Fault: Error, Equatable {
        /// From 1.
        let line: Int
        let reason: String
    }

    /// The most users of a file.
    static let maximumUsers = 100_000

    private(set) var users: [String: UserRecord] = [:]
    /// Canonical names, sorted.
    private(set) var names: [String] = []
    private var namesByID: [UserID: String] = [:]
    /// Users whose hash is of no use, each with its line and the reason: they cannot log in.
    private(set) var unusable: [(id: UserID, line: Int, reason: String)] = []

    static func == (left: Self, right: Self) -> Bool { left.users == right.users }

    /// No users.
    init() {}

    /// Reads the whole text: all of it or nothing. `createdMs` is told of every user.
    init(_ text: [UInt8], createdMs: Int64) throws(Fault) {
        for (index, line) in text.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            try read(line.last == 0x0D ? line.dropLast() : line, number: index + 1, createdMs)
        }
        names = users.keys.sorted()
    }

    func user(id: UserID) -> UserRecord? { namesByID[id].flatMap { users[$0] } }

    /// The id of the user of a name: the name itself, with `:2b` for `+`, which ids do not have.
    static func id(of name: LoginName) -> UserID? {
        UserID(
            name.canonical.split(separator: "+", omittingEmptySubsequences: false).joined(separator: ":2b"))
    }

    private mutating func read(_ line: ArraySlice<UInt8>, number: Int, _ createdMs: Int64) throws(Fault) {
        guard let first = line.first(where: { $0 != 0x20 && $0 != 0x09 }), first != UInt8(ascii: "#") else {
            return
        }
        let record = try record(line, number: number, createdMs)
        let name = record.name.canonical
        guard users[name] == nil else {
            throw Fault(line: number, reason: "there is a user \(name) further up already")
        }
        guard users.count < Self.maximumUsers else {
            throw Fault(line: number, reason: "more than \(Self.maximumUsers) users")
        }
        users[name] = record
        namesByID[record.id] = name
        do throws(HashFailure) { _ = try PasswordHash(record.hash) } catch {
            // A locked account is written without a hash on purpose.
            if !record.isDisabled { unusable.append((record.id, number, error.description)) }
        }
    }

    private func record(
        _ line: ArraySlice<UInt8>, number: Int, _ createdMs: Int64
    ) throws(Fault) -> UserRecord {
        let fields = line.split(separator: UInt8(ascii: ":"), maxSplits: 2, omittingEmptySubsequences: false)
        guard fields.count >= 2 else {
            throw Fault(line: number, reason: "not of the form name:hash or name:hash:role,role")
        }
        guard let name = LoginName(Array(fields[0])), let id = Self.id(of: name) else {
            throw Fault(
                line: number, reason: "the name is not 1 to 128 letters, digits and any of . _ @ + -")
        }
        guard let text = String(validating: fields[1], as: UTF8.self), !text.isEmpty else {
            throw Fault(line: number, reason: "user \(name) has no hash")
        }
        let roles =
            fields.count < 3
            ? []
            : fields[2].split(separator: UInt8(ascii: ",")).map { String(decoding: $0, as: UTF8.self) }
        if RoleName.refusal(of: roles) != nil {
            // Not which one: where hash and roles have changed places, it is the hash.
            throw Fault(
                line: number,
                reason: "user \(name): more than \(RoleName.maximumRoles) roles, or one that is not 1 to "
                    + "\(RoleName.maximumCount) of [A-Za-z0-9_.:@/+-]; a line is name:hash:role,role")
        }
        // As in shadow(5): a mark in front of the hash locks the account and keeps the hash.
        let isLocked = text.hasPrefix("!") || text.hasPrefix("*")
        return UserRecord(
            id: id, name: name, hash: isLocked ? String(text.dropFirst()) : text, roles: roles,
            isDisabled: isLocked, createdMs: createdMs)
    }
}
