import Glibc
import Operations
import Transport

/// The redis-server that the master starts, restarts and stops.
final class ManagedRedis: DeadlineReceiver {
    /// What happens.
    enum Event {
        /// It serves.
        case serving
        /// It ended before it served for the first time; the reason, for people.
        case failedToStart(String)
        /// It was stopped and is gone.
        case stopped
    }

    private enum Phase { case off, starting, serving, waiting, stopping }
    /// Milliseconds after which it is worth a line that it still does not answer; a large file takes its time.
    private static let patience = 10_000
    /// Milliseconds that it has to write everything out.
    private static let stopLimit = 10_000

    /// Its pid while it runs.
    private(set) var pid: pid_t?
    private let loop: EventLoop
    private let state: String
    private let program: String
    private let log: ProcessLog
    private let onEvent: (Event) -> Void
    private var phase = Phase.off
    private var hasServed = false
    private var startedAt: Int64 = 0
    private var backoff = Backoff()
    private var probe: RedisProbe?
    private var timer: DeadlineTimer?

    init(
        loop: EventLoop, state: String, program: String, log: ProcessLog, onEvent: @escaping (Event) -> Void
    ) {
        self.loop = loop
        self.state = state
        self.program = program
        self.log = log
        self.onEvent = onEvent
        timer = DeadlineTimer(self)
    }

    /// Whether it answers.
    var isServing: Bool { phase == .serving }

    /// The redis-server in PATH.
    ///
    /// - Throws: `ExitFailure` with status 69.
    static func findProgram() throws(ExitFailure) -> String {
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        for directory in path.split(separator: ":") + ["/usr/bin", "/usr/local/bin"] {
            let candidate = "\(directory)/redis-server"
            if access(candidate, X_OK) == 0 { return candidate }
        }
        throw ExitFailure(
            status: ExitStatus.unavailable,
            message:
                "redis managed: there is no redis-server in PATH; install it (apt install redis-server), "
                + "or name a running one (redis redis://host:6379/0)")
    }

    /// Starts it; `.serving` or `.failedToStart` follows.
    func start() throws(ExitFailure) {
        guard phase == .off else { return }
        try StateDirectory.make(RedisChild.directory(in: state))
        spawn()
    }

    /// Watches over one that runs already, or starts it if it has ended.
    func takeUp(_ redis: Handover.Redis) {
        hasServed = true
        startedAt = redis.startedAt
        guard redis.pid > 0 else {
            if !redis.isStopping { spawn() }
            return
        }
        pid = redis.pid
        if redis.isStopping {
            phase = .stopping
            if let timer { loop.arm(timer, after: Self.stopLimit) }
        } else if redis.isServing {
            phase = .serving
        } else {
            phase = .starting
            watch(redis.pid)
        }
    }

    /// What the program after this one needs to know.
    var handover: Handover.Redis {
        Handover.Redis(
            program: program, pid: pid ?? 0, isServing: phase == .serving, isStopping: phase == .stopping,
            startedAt: startedAt)
    }

    /// Asks it to write everything out and end; `.stopped` follows.
    func stop() {
        probe?.cancel()
        probe = nil
        guard let pid else {
            phase = .off
            timer?.disarm()
            onEvent(.stopped)
            return
        }
        phase = .stopping
        kill(pid, SIGTERM)
        if let timer { loop.arm(timer, after: Self.stopLimit) }
    }

    /// Its process has ended.
    func onExit(status: Int32) {
        pid = nil
        probe?.cancel()
        probe = nil
        if phase == .stopping {
            phase = .off
            timer?.disarm()
            onEvent(.stopped)
            return
        }
        let reason = Self.describe(status, log: RedisChild.log(in: state))
        if !hasServed {
            phase = .off
            onEvent(.failedToStart(reason))
            return
        }
        let delay = backoff.next(lived: loop.now - startedAt)
        log.error("redis-server ended", ["reason": "\(reason)", "restart_ms": .number(Int(delay))])
        phase = .waiting
        if let timer { loop.arm(timer, after: Int(delay)) }
    }

    /// Time to start it again, to say that it keeps us waiting, or to end it by force.
    func onDeadline(_ timer: DeadlineTimer) {
        switch phase {
        case .waiting: spawn()
        case .starting:
            log.warning("redis-server does not answer yet", ["log": .text(RedisChild.log(in: state))])
            loop.arm(timer, after: Self.patience)
        case .off, .serving, .stopping: break
        }
        if phase == .stopping, let pid {
            log.error("redis-server did not end in time and is killed")
            kill(pid, SIGKILL)
        }
    }

    private func spawn() {
        phase = .starting
        startedAt = loop.now
        do throws(SystemError) {
            let arguments =
                ["gatehouse", "redis-child"] + RedisChild.arguments(program: program, state: state)
            let child = try ChildProcess.spawn(
                ChildProcess.ownImage, arguments: arguments,
                environment: ChildProcess.inheritedEnvironment(), descriptors: [])
            pid = child
            watch(child)
        } catch {
            log.error("cannot start redis-server", ["reason": "\(error)"])
            phase = .waiting
            if let timer { loop.arm(timer, after: Int(backoff.next(lived: 0)) + 100) }
        }
    }

    private func watch(_ child: pid_t) {
        probe = RedisProbe(loop: loop, path: RedisChild.socket(in: state), pid: child) { [weak self] in
            self?.onServing()
        }
        if let timer { loop.arm(timer, after: Self.patience) }
    }

    private func onServing() {
        probe = nil
        timer?.disarm()
        phase = .serving
        let isFirst = !hasServed
        hasServed = true
        log.notice(
            isFirst ? "redis-server serves" : "redis-server serves again", ["pid": .number(Int(pid ?? 0))])
        onEvent(.serving)
    }

    private static func describe(_ status: Int32, log path: String) -> String {
        if status >> 8 & 0xff == RedisChild.heldStatus {
            return "another redis-server holds its directory"
        }
        let last = status & 0x7f == 0 ? lastLine(path) : ""
        return ChildProcess.describe(status: status) + (last.isEmpty ? "" : "; \(path) ends with: \(last)")
    }

    private static func lastLine(_ path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        let size = lseek(descriptor, 0, Int32(SEEK_END))
        var bytes = [UInt8](repeating: 0, count: 2_048)
        let count = pread(descriptor, &bytes, bytes.count, max(0, size - 2_048))
        let text = String(decoding: bytes[..<max(count, 0)], as: UTF8.self)
        return text.split(separator: "\n").last.map(String.init) ?? ""
    }
}
