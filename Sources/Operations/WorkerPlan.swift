public import GatewayConfig
public import Transport

/// All that a worker gets: everything it does follows from this.
public struct WorkerPlan: Sendable {
    /// The exit status of a worker that gave up because Redis is required and cannot be reached.
    public static let unavailable: Int32 = 69

    /// The configuration, as the master read it.
    public var settings: Settings
    /// Listening sockets, one for each of `settings.listeners`, in that order. The worker's to close.
    public var listenerDescriptors: [Int32]
    /// The control pipe, for `WorkerControl`.
    public var controlDescriptor: Int32
    /// This worker's counters.
    public var counters: WorkerCounters
    /// This worker's metrics.
    public var metrics: MetricRegion
    /// 0 to `workerCount` - 1.
    public var workerIndex: Int
    /// Workers of this generation.
    public var workerCount: Int
    /// 1 for the workers of the start, one more with each reload that was tried.
    public var generation: Int
    /// The directory of the gateway's own files.
    public var stateDirectory: String
    /// Where Redis is; a managed one has become its unix socket.
    public var redisEndpoint: Endpoint
    /// Whether this worker is not to serve before it has reached Redis, and to give up if it does not soon.
    public var requiresRedis: Bool
    /// The signing keys: the first signs, every one verifies.
    public var keys: [[UInt8]]
    /// From what the keys of TLS session tickets are made; nil for a worker whose tickets are its own.
    public var ticketSecret: TicketSecret?

    /// A plan of the given parts.
    public init(
        settings: Settings, listenerDescriptors: [Int32], controlDescriptor: Int32, counters: WorkerCounters,
        metrics: MetricRegion, workerIndex: Int = 0, workerCount: Int = 1, generation: Int = 1,
        stateDirectory: String, redisEndpoint: Endpoint, keys: [[UInt8]], requiresRedis: Bool = false,
        ticketSecret: TicketSecret? = nil
    ) {
        self.settings = settings
        self.listenerDescriptors = listenerDescriptors
        self.controlDescriptor = controlDescriptor
        self.counters = counters
        self.metrics = metrics
        self.workerIndex = workerIndex
        self.workerCount = workerCount
        self.generation = generation
        self.stateDirectory = stateDirectory
        self.redisEndpoint = redisEndpoint
        self.keys = keys
        self.requiresRedis = requiresRedis
        self.ticketSecret = ticketSecret
    }
}
