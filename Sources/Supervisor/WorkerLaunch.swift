import CLinux
import GatewayConfig
import Glibc
public import Operations
import Transport

/// How a worker process learns what to do: inherited descriptors, and words on its command line.
///
/// 3 is the control pipe, 4 the snapshot of the configuration, 5 the counters, 6 the metrics; from 7 on the listening
/// sockets in the order of `settings.listeners`.
struct WorkerLaunch: Equatable {
    static let controlDescriptor: Int32 = 3
    static let snapshotDescriptor: Int32 = 4
    static let countersDescriptor: Int32 = 5
    static let metricsDescriptor: Int32 = 6
    static let firstListener: Int32 = 7

    /// Where the worker finds its own program, if that was given it after `count` descriptors and the control pipe.
    static func imagePath(_ count: Int) -> String { "/proc/self/fd/\(controlDescriptor + 1 + Int32(count))" }

    var index: Int
    var count: Int
    var generation: Int
    /// Of the shared counters.
    var slot: Int
    var listeners: Int
    /// See `WorkerPlan.requiresRedis`.
    var requiresRedis: Bool
    var stateDirectory: String

    /// The words after the subcommand.
    var arguments: [String] {
        [index, count, generation, slot, listeners, requiresRedis ? 1 : 0].map { "\($0)" } + [stateDirectory]
    }

    init(
        index: Int, count: Int, generation: Int, slot: Int, listeners: Int, requiresRedis: Bool,
        stateDirectory: String
    ) {
        self.index = index
        self.count = count
        self.generation = generation
        self.slot = slot
        self.listeners = listeners
        self.requiresRedis = requiresRedis
        self.stateDirectory = stateDirectory
    }

    init?(arguments: [String]) {
        let numbers = arguments.prefix(6).compactMap { Int($0) }
        guard arguments.count == 7, numbers.count == 6, numbers.allSatisfy({ $0 >= 0 }) else { return nil }
        self.init(
            index: numbers[0], count: numbers[1], generation: numbers[2], slot: numbers[3],
            listeners: numbers[4], requiresRedis: numbers[5] == 1, stateDirectory: arguments[6])
    }
}

extension WorkerPlan {
    /// The plan of this process, which the master started with `arguments` after the subcommand `worker`.
    ///
    /// - Throws: `ExitFailure` if it was not the master that did.
    public static func inherited(arguments: [String]) throws(ExitFailure) -> WorkerPlan {
        guard let launch = WorkerLaunch(arguments: arguments) else {
            throw ExitFailure(
                status: ExitStatus.usage, message: "worker: only \"gatehouse run\" starts workers")
        }
        // It was started as /proc/self/exe, and would be called so.
        _ = clinux_set_name("gatehouse")
        let descriptors = (0..<launch.listeners).map { WorkerLaunch.firstListener + Int32($0) }
        // The program itself may be one more.
        closefrom(WorkerLaunch.firstListener + Int32(launch.listeners))
        for descriptor in WorkerLaunch.controlDescriptor..<WorkerLaunch.firstListener
            + Int32(launch.listeners)
        {
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        }
        do throws(SystemError) {
            let counters = try WorkerCounters(descriptor: WorkerLaunch.countersDescriptor, slot: launch.slot)
            let snapshot = try Snapshot.read(WorkerLaunch.snapshotDescriptor)
            close(WorkerLaunch.snapshotDescriptor)
            guard let settings = ConfigurationFile.replay(snapshot) else {
                throw SystemError(call: "worker: reading the configuration again", code: EINVAL)
            }
            let metrics = try MetricRegion(
                descriptor: WorkerLaunch.metricsDescriptor, MetricLayout(settings, workers: launch.count),
                worker: launch.index)
            return WorkerPlan(
                settings: settings, listenerDescriptors: descriptors,
                controlDescriptor: WorkerLaunch.controlDescriptor, counters: counters,
                metrics: metrics, workerIndex: launch.index, workerCount: launch.count,
                generation: launch.generation,
                stateDirectory: launch.stateDirectory,
                redisEndpoint: redisEndpoint(settings, state: launch.stateDirectory),
                keys: settings.session.keys.compactMap {
                    if case .bytes(let bytes) = $0 { bytes } else { nil }
                }, requiresRedis: launch.requiresRedis, ticketSecret: TicketSecret.unstamped(snapshot).secret)
        } catch {
            throw ExitFailure(status: ExitStatus.failure, message: "\(error)")
        }
    }

    private static func redisEndpoint(_ settings: Settings, state: String) -> Endpoint {
        switch settings.redis.server {
        case .managed: .unix(path: RedisChild.reachableSocket(in: state))
        case .external(let endpoint): endpoint
        }
    }
}
