/// `headers`.
public struct HeaderSettings: Sendable, Equatable {
    /// Which forwarding headers upstreams get.
    public enum Forwarded: String, Sendable { case x, rfc7239, both, off }
    /// Header names; nil = off.
    public var userID: String? = "X-User-Id"
    /// Carries the login name.
    public var userName: String? = "X-User-Name"
    /// Carries the roles.
    public var roles: String? = "X-User-Roles"
    /// Carries the realm's name.
    public var realm: String? = "X-User-Realm"
    /// Carries the session's public handle.
    public var session: String?
    /// Carries the request's id, both ways.
    public var requestID: String? = "X-Request-Id"
    /// X-Forwarded-*, Forwarded, both or neither.
    public var forwarded = Forwarded.x
    /// Names to strip from requests besides the built-in list; a trailing `*` is a prefix.
    public var strip: [String] = []
    /// Whether upstreams see the session cookie.
    public var keepSessionCookie = false
    /// The defaults.
    public init() {}
}
