/// One `route`.
public struct RouteSettings: Sendable, Equatable {
    /// What answers.
    public enum Target: Sendable, Equatable {
        /// Index into `Settings.upstreams`.
        case upstream(Int)
        /// The gateway, with this text.
        case respond(status: Int, text: String?)
        /// URL and status (301, 302, 303, 307, 308).
        case redirect(location: String, status: Int)
        /// Only with `deny`.
        case none
    }
    /// Who may.
    public enum Access: Sendable, Equatable {
        /// Everybody; nobody is asked who they are.
        case `public`
        /// Everybody; who is logged in is told to the upstream.
        case optional
        /// Whoever is logged in.
        case user
        /// Whoever has one of the roles.
        case role([String])
        /// Nobody.
        case deny
    }
    /// What visitors without a session get.
    public enum OnUnauthenticated: String, Sendable { case auto, unauthorized = "401", login }
    /// Which paths.
    public var pattern: PathPattern
    /// What answers.
    public var target: Target
    /// Who may.
    public var access: Access
    /// Index into `Settings.realms`; nil where neither route nor site needs one.
    public var realm: Int?
    /// nil = every method but CONNECT and TRACE. GET implies HEAD (already added here).
    public var methods: [String]?
    /// nil = off.
    public var body: Int?
    /// Total time; nil = off.
    public var timeout: Int?
    /// Milliseconds without a byte of the response.
    public var idleTimeout = 60_000
    /// Whether connections may become WebSockets.
    public var websocket = false
    /// Count as the own origin: `https://app.example.org[:port]`, lower-case.
    public var origins: [String] = []
    /// Taken off the path before it is forwarded: a canonical prefix without trailing slash.
    public var stripPrefix: String?
    /// Canonical path forwarded instead.
    public var rewrite: String?
    /// What visitors without a session get.
    public var onUnauthenticated = OnUnauthenticated.auto
    /// Whether an unsafe request with a session's cookie has to come from the own origin, or from one of `origins`.
    public var csrf = true
    /// Requests in a time, each counted by itself; empty = no limit.
    public var limits: [RouteLimitSettings] = []
    /// Whether `%2F` and `;` are let through.
    public var encodedPaths = false
    /// Milliseconds since the login within which it counts here; nil = off.
    public var fresh: Int?
    /// Fixed headers for the upstream.
    public var setHeaders: [Header] = []
    /// A header field.
    public struct Header: Sendable, Equatable {
        /// Letters, digits and `-`.
        public var name: String
        /// No control characters.
        public var value: String
        /// Its parts.
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }
    /// 1-based line in `file`, for logs and explanations.
    public var line = 0
    /// Its parts.
    public init(pattern: PathPattern, target: Target, access: Access) {
        self.pattern = pattern
        self.target = target
        self.access = access
    }
}
