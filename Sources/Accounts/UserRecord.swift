/// A user as the store keeps it.
public struct UserRecord: Sendable, Equatable {
    /// The opaque id.
    public let id: UserID
    /// The login name; its `typed` form is what is shown.
    public let name: LoginName
    /// The stored text of the password's hash.
    public var hash: String
    /// The roles, in the order in which they were given.
    public var roles: [String]
    /// Whether logins are refused.
    public var isDisabled: Bool
    /// When the user was made, in milliseconds since 1970.
    public let createdMs: Int64

    /// A record.
    public init(
        id: UserID, name: LoginName, hash: String, roles: [String] = [], isDisabled: Bool = false,
        createdMs: Int64
    ) {
        self.id = id
        self.name = name
        self.hash = hash
        self.roles = roles
        self.isDisabled = isDisabled
        self.createdMs = createdMs
    }

    /// The name as it was typed at registration.
    public var displayName: String { name.typed }
}

/// The rules of role names.
public enum RoleName {
    /// The longest role name, in bytes.
    public static let maximumCount = 64
    /// The most roles of one user.
    public static let maximumRoles = 64

    /// Whether `role` is 1 to 64 bytes of `[A-Za-z0-9_.:@/+-]`: safe in a header's comma-separated list.
    public static func isValid(_ role: String) -> Bool {
        ASCII.consists(role.utf8, ofAlphanumericsAnd: "_.:@/+-", upTo: maximumCount)
    }

    /// Why `roles` cannot be given to a user, or nil.
    public static func refusal(of roles: [String]) -> String? {
        if roles.count > maximumRoles { return "more than \(maximumRoles) roles" }
        guard let role = roles.first(where: { !isValid($0) }) else { return nil }
        return "role name \(role.debugDescription) is not 1 to \(maximumCount) of [A-Za-z0-9_.:@/+-]"
    }
}
