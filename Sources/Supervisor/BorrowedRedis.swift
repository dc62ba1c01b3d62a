public import GatewayConfig
import Glibc
import Operations
import Transport

/// The Redis of a configuration, for a command that does its work and ends.
///
/// A private redis-server that does not run because its gateway does not is started for the command's time; the
/// state directory is held meanwhile, so that no gateway starts in between.
public final class BorrowedRedis {
    /// Where it is.
    public let endpoint: Endpoint
    private var own: OwnRedis?

    /// Finds it, or starts it.
    ///
    /// - Throws: `ExitFailure`: 69 if it does not start, 73 or 77 if the state directory cannot be used.
    public init(_ settings: Settings) throws(ExitFailure) {
        if case .external(let endpoint) = settings.redis.server {
            self.endpoint = endpoint
            return
        }
        let state = settings.stateDirectory ?? "state"
        if StateDirectory.holder(of: state) != nil {
            endpoint = .unix(path: RedisChild.reachableSocket(in: state))
            return
        }
        let own = try OwnRedis(state: try StateDirectory(path: state))
        endpoint = .unix(path: RedisChild.reachableSocket(in: own.state.path))
        self.own = own
    }

    /// Looks whether a private redis-server could be started.
    ///
    /// - Throws: `ExitFailure` with status 69 if the program is not there.
    public static func checkProgram() throws(ExitFailure) { _ = try ManagedRedis.findProgram() }

    /// Stops what was started; returns when everything is written out.
    public func finish() {
        own?.stop()
        own = nil
    }
}

/// A redis-server that this process started.
private final class OwnRedis {
    let state: StateDirectory
    private let loop: EventLoop
    private let log: ProcessLog
    private var redis: ManagedRedis?
    private var signals: SignalSource?
    private var failure: String?
    private var isSettled = false

    init(state: StateDirectory) throws(ExitFailure) {
        self.state = state
        do throws(SystemError) { loop = try EventLoop() } catch {
            throw ExitFailure(status: ExitStatus.failure, message: "\(error)")
        }
        do throws(LogFailure) {
            log = ProcessLog(
                try LogWriter(.standardError), format: .text, level: .error, process: "redis")
        } catch { throw ExitFailure(status: ExitStatus.failure, message: SystemError.text(error.errno)) }
        let program = try ManagedRedis.findProgram()
        let redis = ManagedRedis(loop: loop, state: state.path, program: program, log: log) { [weak self] in
            self?.onEvent($0)
        }
        self.redis = redis
        do throws(SystemError) {
            signals = try SignalSource(loop: loop, signals: [SIGCHLD]) { [weak self] _ in self?.reap() }
        } catch { throw ExitFailure(status: ExitStatus.failure, message: "\(error)") }
        try redis.start()
        settle()
        guard let failure else { return }
        throw ExitFailure(status: ExitStatus.unavailable, message: "redis-server did not start: \(failure)")
    }

    func stop() {
        isSettled = false
        redis?.stop()
        settle()
        log.finish()
        state.markFinished()
    }

    /// Runs the loop until what was begun has come to its end.
    private func settle() {
        while !isSettled { loop.tick(limit: 1_000) }
    }

    private func reap() {
        while let child = ChildProcess.reap() {
            if child.pid == redis?.pid { redis?.onExit(status: child.status) }
        }
    }

    private func onEvent(_ event: ManagedRedis.Event) {
        if case .failedToStart(let reason) = event { failure = reason }
        isSettled = true
    }
}
