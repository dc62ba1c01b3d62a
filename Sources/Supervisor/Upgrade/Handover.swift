import Operations

/// All that a master hands to the program that takes its place in the same process: numbers of descriptors that stay
/// open, and what is known about the children.
///
/// `format` also stands for what goes with it: the words and descriptors that workers are started with
/// (`WorkerLaunch`), the messages of the control pipe, and the snapshots of configurations. Whoever changes one of
/// them so that an older or newer program would not understand raises it.
struct Handover: Equatable {
    static let format = 2

    /// A configuration of which workers live.
    struct Configuration: Equatable {
        var number: Int
        /// A memfd.
        var snapshot: Int32
        /// In the order of the configuration's listeners; empty unless it serves.
        var listeners: [Int32] = []
        var workers: Int
        var fingerprint: String
        var loadedAt: Int64
        /// Of the program that its workers run.
        var version: String
        /// A memfd, and `MetricLayout.signature` of what is in it.
        var metrics: Int32 = -1
        var metricLayout = ""
    }

    /// What workers that are gone have counted in one series.
    struct Series: Equatable {
        var metric: String
        var labels: [String]
        var cells: [UInt64]
    }

    /// A worker process.
    struct Worker: Equatable {
        var id: Int
        var generation: Int
        var index: Int
        var pid: Int32
        /// Of the counters that are handed over; -1 if it counts elsewhere.
        var slot: Int
        var startedAt: Int64
        var phase: Fleet.Phase
        var killAt: Int64
        /// The master's end of its control pipe; -1 if it is closed.
        var channel: Int32
    }

    /// The private redis-server.
    struct Redis: Equatable {
        var program: String
        /// 0 while it does not run.
        var pid: Int32
        var isServing: Bool
        var isStopping: Bool
        var startedAt: Int64
    }

    /// The shared counters.
    struct Counters: Equatable {
        /// A memfd.
        var descriptor: Int32
        /// See `SharedCounters.layout`.
        var layout: String
        /// What workers that are gone have counted, by name.
        var retired: [String: UInt64]
        /// What all workers have counted, by name; for a program whose map is laid out otherwise.
        var totals: [String: UInt64]
    }

    /// Somebody at the admin socket who waits for the verdict.
    struct Client: Equatable {
        var descriptor: Int32
        var wantsText: Bool
    }

    /// How an attempt ended that came back to where it started from.
    struct Outcome: Equatable {
        var status: Int32
        var message: String
        var report: String
    }

    /// Of the program that hands over.
    var version: String
    /// The state directory, and the descriptor that holds its lock.
    var state: String
    var lock: Int32
    /// The program that hands over, for the way back and for more of its workers.
    var image: Int32
    /// Monotonic milliseconds.
    var startedAt: Int64
    var serving: Int
    var latestGeneration: Int
    var nextID: Int
    var counters: Counters
    /// What is shown of workers that are gone.
    var metrics: [Series] = []
    /// Listening sockets by their path, or `tcp ADDRESS`.
    var admin: [String: Int32] = [:]
    /// Those that the service manager opened; they are found again as they were the first time.
    var inherited: [Int32] = []
    var configurations: [Configuration] = []
    var workers: [Worker] = []
    var redis: Redis?
    var clients: [Client] = []
    /// Connections to the admin socket on which nothing has been asked yet.
    var visitors: [Int32] = []
    /// Slots of the counters whose workers ended while nobody could clean up after them.
    var orphans: [Int] = []
    /// nil on the way to a new program.
    var outcome: Outcome?

    /// Whether its counters are laid out otherwise than this program's.
    var hasOtherMap: Bool { counters.layout != SharedCounters.layout }

    /// All that stay open.
    var descriptors: [Int32] {
        let all =
            [lock, image, counters.descriptor] + admin.values + inherited
            + configurations.flatMap { [$0.snapshot, $0.metrics] + $0.listeners } + workers.map(\.channel)
            + clients.map(\.descriptor) + visitors
        return Array(Set(all.filter { $0 >= 0 })).sorted()
    }
}

/// Why a handover cannot be taken.
struct HandoverFailure: Error, Equatable {
    let reason: String
}
