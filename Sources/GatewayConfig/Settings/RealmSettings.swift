/// One `realm`.
public struct RealmSettings: Sendable, Equatable {
    /// SameSite attribute of the cookie, as it is written there.
    public enum SameSite: String, Sendable { case lax = "Lax", strict = "Strict" }
    /// What a session too many does.
    public enum SessionLimitPolicy: String, Sendable { case reject, evictOldest, evictIdle }
    /// Its name.
    public var name: String
    /// Index into `Settings.users`.
    public var users = 0
    /// Prefix of this realm's pages; no trailing slash.
    public var endpoints = "/_auth"
    /// Complete cookie name.
    public var cookie = ""
    /// Whether the cookie is Secure.
    public var cookieSecure = true
    /// SameSite attribute.
    public var sameSite = SameSite.lax
    /// Milliseconds a session lives without a request.
    public var idle = 7_200_000
    /// Milliseconds a session lives at most.
    public var absolute = 86_400_000
    /// Milliseconds that a session lives whose owner asks to stay logged in, used or not; nil = not offered.
    public var remember: Int?
    /// Whether sessions also come as `Authorization: Bearer`.
    public var bearer = false
    /// Sessions of one account.
    public var sessionsPerUser = 20
    /// What one more does.
    public var sessionLimitPolicy = SessionLimitPolicy.evictOldest
    /// Whether unsafe requests with a session's cookie have to come from the own origin, where a route does not say.
    public var csrf = true
    /// Failed logins before a pause, at most one for each kind; empty = no limit.
    public var loginLimits = LoginLimitSettings.usual
    /// Path after a login that no page asked for.
    public var afterLogin = "/"
    /// nil = the login page.
    public var afterLogout: String?
    /// How the realm's pages look.
    public var loginPage = LoginPageSettings()
    /// The defaults besides this.
    public init(name: String) { self.name = name }
}
