import Sessions

/// Sessions and users that have ended.
struct RevokedSet {
    private struct Name: Hashable {
        var realm: Int
        var bytes: [UInt8]
    }

    private var sessions: Set<Name> = []
    private var users: Set<Name> = []

    mutating func insert(_ revocation: Revocation, realm: Int) {
        switch revocation {
        case .session(let handle): sessions.insert(Name(realm: realm, bytes: handle))
        case .user(let id): users.insert(Name(realm: realm, bytes: id))
        }
    }

    func contains(_ identity: Identity, realm: Int) -> Bool {
        if !sessions.isEmpty && sessions.contains(Name(realm: realm, bytes: identity.handle)) { return true }
        return !users.isEmpty && users.contains(Name(realm: realm, bytes: identity.userID))
    }
}
