/// What a valid gateway.conf says, resolved: includes read, expansions made, defaults filled in, references
/// checked. Times are milliseconds, sizes are bytes.
public struct Settings: Sendable, Equatable {
    /// Path of the file this came from, as given.
    public var path = "gateway.conf"
    public var listeners: [ListenerSettings] = []
    /// Extra admin socket (`unix:` path); `<state>/admin.sock` always exists besides.
    public var adminSocket: String?
    /// Directory the gateway keeps its own files in; nil = `$STATE_DIRECTORY`, else `state` beside the file.
    public var stateDirectory: String?
    /// Peers whose X-Forwarded-* and X-Request-Id count.
    public var trustedProxies: [AddressRange] = []
    /// Worker processes; nil = one for each CPU.
    public var workers: Int?
    public var endpoints = "/_auth"
    public var problemBase = "urn:gatehouse:problem:"
    public var log = LogSettings()
    public var redis = RedisSettings()
    public var session = SessionSettings()
    public var headers = HeaderSettings()
    public var limits = LimitSettings()
    public var timeouts = TimeoutSettings()
    public var shutdown = ShutdownSettings()
    public var users: [UsersSettings] = []
    public var realms: [RealmSettings] = []
    public var upstreams: [UpstreamSettings] = []
    public var sites: [SiteSettings] = []

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
    public var prefixLength: Int
    public init(bytes: [UInt8], prefixLength: Int) {
        self.bytes = bytes
        self.prefixLength = prefixLength
    }
}

public struct ListenerSettings: Sendable, Equatable {
    public var endpoint: Endpoint
    public var backlog = 1024
    public init(endpoint: Endpoint) { self.endpoint = endpoint }
}

public struct LogSettings: Sendable, Equatable {
    public enum Format: String, Sendable { case auto, json, text }
    public enum Level: String, Sendable, CaseIterable { case trace, debug, info, notice, warning, error }
    public enum Access: Sendable, Equatable { case on, off, errors, file(path: String) }
    public enum Query: String, Sendable { case off, names, full }
    public enum ClientAddress: String, Sendable { case full, masked }
    public var format = Format.auto
    public var level = Level.info
    public var access = Access.on
    public var query = Query.names
    public var clientAddress = ClientAddress.full
    /// Path patterns that get no access line.
    public var exclude: [PathPattern] = []
    public init() {}
}

public struct RedisSettings: Sendable, Equatable {
    public enum Server: Sendable, Equatable {
        /// Started and supervised by the master; unix socket under the state directory.
        case managed
        case external(Endpoint)
    }
    public var server = Server.managed
    public var user: String?
    public var password: Secret?
    public var database = 0
    public var timeout = 250
    public var connectTimeout = 1_000
    public var connections = 1
    public var prefix = "gw"
    public var retryAfter = 2_000
    public init() {}
}

/// A secret and, where it came from a file, that file's path (for the re-read after NOAUTH/WRONGPASS).
public struct Secret: Sendable, Equatable {
    public var bytes: [UInt8]
    public var path: String?
    public init(bytes: [UInt8], path: String? = nil) {
        self.bytes = bytes
        self.path = path
    }
}

public struct SessionSettings: Sendable, Equatable {
    public enum Key: Sendable, Equatable {
        /// Decoded key, at least 32 bytes.
        case bytes([UInt8])
        /// `key_file` under the state directory that does not exist yet: made (0600) at first start.
        case created(path: String)
    }
    /// The first signs, every one verifies. Never empty in a valid configuration.
    public var keys: [Key] = []
    public var touch = 60_000
    public init() {}
}

public struct HeaderSettings: Sendable, Equatable {
    public enum Forwarded: String, Sendable { case x, rfc7239, both, off }
    /// Header names; nil = off.
    public var userID: String? = "X-User-Id"
    public var userName: String? = "X-User-Name"
    public var roles: String? = "X-User-Roles"
    public var realm: String? = "X-User-Realm"
    public var session: String?
    public var requestID: String? = "X-Request-Id"
    public var forwarded = Forwarded.x
    /// Names to strip from requests besides the built-in list; a trailing `*` is a prefix.
    public var strip: [String] = []
    public var keepSessionCookie = false
    public init() {}
}

public struct LimitSettings: Sendable, Equatable {
    public var connections = 10_000
    public var connectionsPerAddress = 256
    public var headerSize = 16 << 10
    public var headerCount = 100
    public var uri = 8 << 10
    /// nil = off.
    public var body: Int? = 10 << 20
    public var formBody = 8 << 10
    public var websockets = 5_000
    /// nil = 4 x CPUs.
    public var hashQueue: Int?
    public init() {}
}

public struct TimeoutSettings: Sendable, Equatable {
    public var header = 10_000
    public var bodyIdle = 30_000
    public var writeIdle = 30_000
    public var keepalive = 75_000
    public var websocketIdle = 300_000
    public init() {}
}

public struct ShutdownSettings: Sendable, Equatable {
    public var delay = 0
    public var grace = 8_000
    public init() {}
}

public struct UsersSettings: Sendable, Equatable {
    public enum Store: Sendable, Equatable { case sqlite(path: String) }
    public enum Registration: String, Sendable { case off, open }
    public enum Hash: Sendable, Equatable {
        case argon2id(memoryKiB: Int, passes: Int, lanes: Int)
        case bcrypt(cost: Int)
    }
    public var name: String
    public var store = Store.sqlite(path: "")
    public var register = Registration.off
    public var defaultRoles: [String] = []
    /// Code points.
    public var passwordMin = 10
    public var passwordMax = 128
    public var hash = Hash.argon2id(memoryKiB: 19 << 10, passes: 2, lanes: 1)
    public init(name: String) { self.name = name }
}

public struct RealmSettings: Sendable, Equatable {
    public enum SameSite: String, Sendable { case lax = "Lax", strict = "Strict" }
    public enum SessionLimitPolicy: String, Sendable { case reject, evictOldest }
    public var name: String
    /// Index into `Settings.users`.
    public var users = 0
    /// Prefix of this realm's pages; no trailing slash.
    public var endpoints = "/_auth"
    /// Complete cookie name.
    public var cookie = ""
    public var cookieSecure = true
    public var sameSite = SameSite.lax
    public var idle = 7_200_000
    public var absolute = 86_400_000
    public var sessionsPerUser = 20
    public var sessionLimitPolicy = SessionLimitPolicy.evictOldest
    public var afterLogin = "/"
    /// nil = the login page.
    public var afterLogout: String?
    public init(name: String) { self.name = name }
}

public struct UpstreamSettings: Sendable, Equatable {
    public enum HostHeader: Sendable, Equatable { case preserve, upstream, fixed(String) }
    public struct Server: Sendable, Equatable {
        public var endpoint: Endpoint
        public var weight = 1
        public var backup = false
        public init(endpoint: Endpoint) { self.endpoint = endpoint }
    }
    public var name: String
    public var servers: [Server] = []
    public var keepalive = 64
    public var connectTimeout = 1_000
    /// To the first byte of the response.
    public var responseTimeout = 30_000
    public var idleTimeout = 60_000
    /// 0 = off.
    public var retry = 1
    public var host = HostHeader.preserve
    /// Per server and worker.
    public var maxConnections = 256
    public init(name: String) { self.name = name }
}

public struct SiteSettings: Sendable, Equatable {
    /// Lower-case, no trailing dot: `shop.example.org`, `*.example.org` or `*`.
    public var hosts: [String]
    /// Index into `Settings.realms`; nil if every route is public, or deny.
    public var realm: Int?
    public var routes: [RouteSettings] = []
    public init(hosts: [String]) { self.hosts = hosts }
}

/// `/exact`, `/dir/*`, `/users/{id}/x`, `/*`.
public struct PathPattern: Sendable, Hashable {
    public enum Segment: Sendable, Hashable {
        case literal([UInt8])
        /// `{name}`: exactly one segment, not empty.
        case any
    }
    /// As written.
    public var text: String
    public var segments: [Segment]
    /// Ends in `/*`: matches the directory itself (with and without its slash) and all below it.
    public var matchesBelow: Bool
    public init(text: String, segments: [Segment], matchesBelow: Bool) {
        self.text = text
        self.segments = segments
        self.matchesBelow = matchesBelow
    }
}

public struct RouteSettings: Sendable, Equatable {
    public enum Target: Sendable, Equatable {
        /// Index into `Settings.upstreams`.
        case upstream(Int)
        case respond(status: Int, text: String?)
        /// URL and status (301, 302, 303, 307, 308).
        case redirect(location: String, status: Int)
        /// Only with `deny`.
        case none
    }
    public enum Access: Sendable, Equatable {
        case `public`
        case optional
        case user
        case role([String])
        case deny
    }
    public enum OnUnauthenticated: String, Sendable { case auto, unauthorized = "401", login }
    public var pattern: PathPattern
    public var target: Target
    public var access: Access
    /// Index into `Settings.realms`; nil where neither route nor site needs one.
    public var realm: Int?
    /// nil = every method but CONNECT and TRACE. GET implies HEAD (already added here).
    public var methods: [String]?
    /// nil = off.
    public var body: Int?
    /// Total time; nil = off.
    public var timeout: Int?
    public var idleTimeout = 60_000
    public var websocket = false
    /// Allowed besides the own origin: `https://app.example.org[:port]`, lower-case.
    public var origins: [String] = []
    public var stripPrefix: String?
    public var rewrite: String?
    public var onUnauthenticated = OnUnauthenticated.auto
    public var encodedPaths = false
    public var setHeaders: [Header] = []
    public struct Header: Sendable, Equatable {
        public var name: String
        public var value: String
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }
    /// 1-based line in `file`, for logs and explanations.
    public var line = 0
    public init(pattern: PathPattern, target: Target, access: Access) {
        self.pattern = pattern
        self.target = target
        self.access = access
    }
}
