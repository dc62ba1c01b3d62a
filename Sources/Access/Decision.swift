/// What is to happen to a request, as far as access goes.
public enum Decision: Sendable, Equatable {
    /// Forward it; `identity`: with the session's identity.
    case allow(identity: Bool)
    /// 303 to the login page of the route's realm.
    case login
    /// 401 `login_required` with a challenge.
    case unauthorized
    /// 403 `forbidden_role`: logged in, but with none of the roles asked for.
    case forbidden
    /// 403: nobody may use this route.
    case denied
    /// 503 `store_unavailable`: who it is cannot be told now, and the cookie stays.
    case unavailable
}

/// What the session store said about a request's credentials.
public enum SessionState: Sendable, Equatable {
    /// No credentials, or ones that lead to no live session: missing, invalid and expired look the same.
    case absent
    /// A live session of the realm with this index, and the roles it carries.
    case live(realm: Int, roles: [[UInt8]])
    /// There are credentials, and the store gave no sure answer.
    case unavailable
}
