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
