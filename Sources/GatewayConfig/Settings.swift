/// What a valid gateway.conf says, resolved: includes read, expansions made, defaults filled in, references
/// checked. Times are milliseconds, sizes are bytes.
public struct Settings: Sendable, Equatable {
    /// Path of the file this came from, as given.
    public var path = "gateway.conf"
    /// Where clients connect; never empty.
    public var listeners: [ListenerSettings] = []
    /// One more address for health, metrics and status, tcp or `unix:`; `<state>/admin.sock` always exists besides.
    public var admin: Endpoint?
    /// Directory the gateway keeps its own files in; nil = `$STATE_DIRECTORY`, else `state` beside the file.
    public var stateDirectory: String?
    /// Peers whose X-Forwarded-* and X-Request-Id count.
    public var trustedProxies: [AddressRange] = []
    /// Worker processes; nil = one for each CPU.
    public var workers: Int?
    /// Default prefix of the gateway's own pages; see `RealmSettings.endpoints`.
    public var endpoints = "/_auth"
    /// What the `type` of a JSON problem starts with.
    public var problemBase = "urn:gatehouse:problem:"
    /// Logging.
    public var log = LogSettings()
    /// Whether a trusted proxy's trace context reaches the upstreams (`trace { propagate }`).
    public var propagatesTrace = true
    /// Where sessions live.
    public var redis = RedisSettings()
    /// How sessions are signed.
    public var session = SessionSettings()
    /// Headers the upstreams get.
    public var headers = HeaderSettings()
    /// What clients may take.
    public var limits = LimitSettings()
    /// How long to wait for a client.
    public var timeouts = TimeoutSettings()
    /// How a stop goes.
    public var shutdown = ShutdownSettings()
    /// Sets of accounts.
    public var users: [UsersSettings] = []
    /// Logins.
    public var realms: [RealmSettings] = []
    /// Applications.
    public var upstreams: [UpstreamSettings] = []
    /// Hosts and their routes; never empty.
    public var sites: [SiteSettings] = []

    /// The defaults.
    public init() {}
}

/// Where to listen or to connect to.
public enum Endpoint: Sendable, Hashable {
    /// Host (name or literal address without brackets; empty = every address) and port.
    case tcp(host: String, port: UInt16)
    /// Absolute path of a unix socket, or relative to the working directory.
    case unix(path: String)
    /// A socket that the supervisor opened, by its name (systemd `FileDescriptorName`).
    case inherited(name: String)
}

/// A CIDR range; IPv4 is kept as an IPv4-mapped IPv6 address, so prefix lengths are 0...128.
public struct AddressRange: Sendable, Equatable {
    /// 16 bytes in network order.
    public var bytes: [UInt8]
    /// Bits that count, 0 to 128.
    public var prefixLength: Int
    /// Its parts.
    public init(bytes: [UInt8], prefixLength: Int) {
        self.bytes = bytes
        self.prefixLength = prefixLength
    }
}

/// One `listen`.
public struct ListenerSettings: Sendable, Equatable {
    /// Address.
    public var endpoint: Endpoint
    /// Length of the kernel's accept queue.
    public var backlog = 1024
    /// nil = plain HTTP.
    public var tls: TLSListenerSettings?
    /// Status with which everything is sent to https; nil = off.
    public var redirect: Int?
    /// Whether connections begin with a PROXY header.
    public enum ProxyProtocol: String, Sendable { case off, on, required }
    /// Whether connections begin with a PROXY header; only peers in `trustedProxies` may send one.
    public var proxyProtocol = ProxyProtocol.off
    /// The defaults besides this.
    public init(endpoint: Endpoint) { self.endpoint = endpoint }
}

/// `log`.
public struct LogSettings: Sendable, Equatable {
    /// Form of the log.
    public enum Format: String, Sendable { case auto, json, text }
    /// Levels, the lowest first.
    public enum Level: String, Sendable, CaseIterable { case trace, debug, info, notice, warning, error }
    /// Where access lines go.
    public enum Access: Sendable, Equatable { case on, off, errors, file(path: String) }
    /// What access lines show of a query.
    public enum Query: String, Sendable { case off, names, full }
    /// How access lines show a client.
    public enum ClientAddress: String, Sendable { case full, masked }
    /// Form of the log; `auto` is text on a terminal and JSON elsewhere.
    public var format = Format.auto
    /// Least level logged; `GATEHOUSE_LOG_LEVEL` is in it.
    public var level = Level.info
    /// Access lines.
    public var access = Access.on
    /// Queries in access lines.
    public var query = Query.names
    /// Client addresses in access lines.
    public var clientAddress = ClientAddress.full
    /// Path patterns that get no access line.
    public var exclude: [PathPattern] = []
    /// The defaults.
    public init() {}
}

/// `redis`.
public struct RedisSettings: Sendable, Equatable {
    /// Which Redis.
    public enum Server: Sendable, Equatable {
        /// Started and supervised by the master; unix socket under the state directory.
        case managed
        /// Somebody else's.
        case external(Endpoint)
    }
    /// Which Redis.
    public var server = Server.managed
    /// ACL user of the URL; nil = the default user.
    public var user: String?
    /// Password; nil = no AUTH.
    public var password: Secret?
    /// Number for SELECT.
    public var database = 0
    /// Milliseconds for a command.
    public var timeout = 250
    /// Milliseconds for a connection.
    public var connectTimeout = 1_000
    /// Connections of a worker.
    public var connections = 1
    /// First part of every key.
    public var prefix = "gw"
    /// `Retry-After` of a 503, in milliseconds; at least 1000.
    public var retryAfter = 2_000
    /// The defaults.
    public init() {}
}

/// A secret and, where it came from a file, that file's path (for the re-read after NOAUTH/WRONGPASS).
public struct Secret: Sendable, Equatable {
    /// The secret, without a line end.
    public var bytes: [UInt8]
    /// File it was read from.
    public var path: String?
    /// Its parts.
    public init(bytes: [UInt8], path: String? = nil) {
        self.bytes = bytes
        self.path = path
    }
}

/// `session`.
public struct SessionSettings: Sendable, Equatable {
    /// One signing key.
    public enum Key: Sendable, Equatable {
        /// Decoded key, at least 32 bytes.
        case bytes([UInt8])
        /// `key_file` under the state directory that does not exist yet: made (0600) at first start.
        case created(path: String)
    }
    /// The first signs, every one verifies. Never empty in a valid configuration.
    public var keys: [Key] = []
    /// Least milliseconds between two renewals; under a quarter of every realm's `idle`.
    public var touch = 60_000
    /// The defaults.
    public init() {}
}

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

/// `limits`; those of connections, WebSockets and the hash queue are of the whole gateway.
public struct LimitSettings: Sendable, Equatable {
    /// Client connections.
    public var connections = 10_000
    /// Client connections of one IPv4 address or IPv6 /64.
    public var connectionsPerAddress = 256
    /// Bytes of a request's header fields.
    public var headerSize = 16 << 10
    /// Header fields of a request.
    public var headerCount = 100
    /// Bytes of a request target.
    public var uri = 8 << 10
    /// nil = off.
    public var body: Int? = 10 << 20
    /// Bytes of a body for the gateway's own pages.
    public var formBody = 8 << 10
    /// WebSockets.
    public var websockets = 5_000
    /// nil = 4 x CPUs.
    public var hashQueue: Int?
    /// The defaults.
    public init() {}
}

/// `timeouts`, in milliseconds.
public struct TimeoutSettings: Sendable, Equatable {
    /// From the connection to the end of the TLS handshake.
    public var tls = 10_000
    /// From a request's first byte to the end of its header.
    public var header = 10_000
    /// Without a byte of the body.
    public var bodyIdle = 30_000
    /// Without the client taking a byte.
    public var writeIdle = 30_000
    /// Between two requests.
    public var keepalive = 75_000
    /// Without a frame either way.
    public var websocketIdle = 300_000
    /// The defaults.
    public init() {}
}

/// `shutdown`, in milliseconds.
public struct ShutdownSettings: Sendable, Equatable {
    /// From the signal to the end of accepting.
    public var delay = 0
    /// From there to the end of everything.
    public var grace = 8_000
    /// The defaults.
    public init() {}
}

/// `store postgres`, times in milliseconds.
public struct PostgresSettings: Sendable, Equatable {
    /// SQL, and the highest `$` number in it.
    public struct Statement: Sendable, Equatable {
        /// The SQL.
        public var text: String
        /// The highest number after a `$` outside of quotes.
        public var count: Int
    }
    /// As libpq takes it, without a password.
    public var url: String
    /// The password.
    public var password: Secret?
    /// Kept by each worker.
    public var connections = 2
    /// For making a connection.
    public var connectTimeout = 2_000
    /// For one statement.
    public var timeout = 2_000
    /// How to use a table that exists; nil: a table of the gateway's own.
    public var find: Statement?
    /// Adds a user; only with `find`.
    public var insert: Statement?
    /// Stores a hash; only with `find`.
    public var setPassword: Statement?
}

/// One `users`.
public struct UsersSettings: Sendable, Equatable {
    /// Where accounts are kept.
    public enum Store: Sendable, Equatable {
        /// A database of the gateway's own.
        case sqlite(path: String)
        /// A file that is only read; changes of a watched one count at once.
        case file(path: String, isWatched: Bool)
        /// A PostgreSQL database.
        case postgres(PostgresSettings)
    }
    /// Who makes accounts.
    public enum Registration: String, Sendable { case off, open }
    /// How new passwords are hashed.
    public enum Hash: Sendable, Equatable {
        /// Argon2id; memory in KiB.
        case argon2id(memoryKiB: Int, passes: Int, lanes: Int)
        /// bcrypt with 2^cost rounds.
        case bcrypt(cost: Int)
    }
    /// Its name.
    public var name: String
    /// Where accounts are kept.
    public var store = Store.sqlite(path: "")
    /// Whether people make accounts themselves.
    public var register = Registration.off
    /// Roles of a new account.
    public var defaultRoles: [String] = []
    /// Code points.
    public var passwordMin = 10
    /// Code points.
    public var passwordMax = 128
    /// Content of the file of passwords that are refused besides the common ones; nil = none.
    public var passwordBlocklist: [UInt8]?
    /// How new passwords are hashed.
    public var hash = Hash.argon2id(memoryKiB: 19 << 10, passes: 2, lanes: 1)
    /// The defaults besides this.
    public init(name: String) { self.name = name }
}

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

/// One `upstream`; times in milliseconds.
public struct UpstreamSettings: Sendable, Equatable {
    /// Host header the servers get: the client's, the server's address, or a fixed one.
    public enum HostHeader: Sendable, Equatable { case preserve, upstream, fixed(String) }
    /// One `server`.
    public struct Server: Sendable, Equatable {
        /// Its address.
        public var endpoint: Endpoint
        /// Share of the requests, 1 to 1000.
        public var weight = 1
        /// Used only while no other answers.
        public var backup = false
        /// Whether connections to it speak TLS.
        public var tls = false
        /// The defaults besides this.
        public init(endpoint: Endpoint) { self.endpoint = endpoint }
    }
    /// Its name.
    public var name: String
    /// Never empty.
    public var servers: [Server] = []
    /// How servers with TLS are verified.
    public var tls = UpstreamTLSSettings()
    /// Which server serves next.
    public var balance = UpstreamBalance.leastConnections
    /// When failures take a server out.
    public var passive = PassiveHealthSettings()
    /// How servers are asked whether they are well; nil = not.
    public var health: HealthCheckSettings?
    /// Idle connections of a worker.
    public var keepalive = 64
    /// For a connection.
    public var connectTimeout = 1_000
    /// To the first byte of the response.
    public var responseTimeout = 30_000
    /// Life of an unused connection.
    public var idleTimeout = 60_000
    /// 0 = off.
    public var retry = 1
    /// Host header.
    public var host = HostHeader.preserve
    /// Per server and worker.
    public var maxConnections = 256
    /// The defaults besides this.
    public init(name: String) { self.name = name }
}

/// One `site`.
public struct SiteSettings: Sendable, Equatable {
    /// Lower-case, no trailing dot: `shop.example.org`, `*.example.org` or `*`.
    public var hosts: [String]
    /// Index into `Settings.realms`; nil if every route is public, or deny.
    public var realm: Int?
    /// Seconds for which browsers are told to use https only, 0 to make them forget it; nil = they are told nothing.
    public var hsts: Int?
    /// In the order of the file; never empty.
    public var routes: [RouteSettings] = []
    /// The defaults besides this.
    public init(hosts: [String]) { self.hosts = hosts }
}

/// `/exact`, `/dir/*`, `/users/{id}/x`, `/*`.
public struct PathPattern: Sendable, Hashable {
    /// What is between two slashes.
    public enum Segment: Sendable, Hashable {
        /// These bytes, in the canonical spelling; empty only as the last one of a path that ends in a slash.
        case literal([UInt8])
        /// `{name}`: exactly one segment, not empty.
        case any
    }
    /// As written.
    public var text: String
    /// Without the final `*`.
    public var segments: [Segment]
    /// Ends in `/*`: matches the directory itself (with and without its slash) and all below it.
    public var matchesBelow: Bool
    /// Its parts.
    public init(text: String, segments: [Segment], matchesBelow: Bool) {
        self.text = text
        self.segments = segments
        self.matchesBelow = matchesBelow
    }
}

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
