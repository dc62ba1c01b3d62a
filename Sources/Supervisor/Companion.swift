import Glibc
import Operations
import Transport

/// A command of this program that the master keeps running beside the workers.
final class Companion: DeadlineReceiver {
    /// Its pid while it runs.
    private(set) var pid: pid_t?
    private let loop: EventLoop
    private let command: [String]
    private let log: ProcessLog
    private var startedAt: Int64 = 0
    private var backoff = Backoff()
    private var isStopping = false
    private var timer: DeadlineTimer?

    init(loop: EventLoop, command: [String], log: ProcessLog) {
        self.loop = loop
        self.command = command
        self.log = log
        timer = DeadlineTimer(self)
    }

    func start() {
        startedAt = loop.now
        do throws(SystemError) {
            pid = try ChildProcess.spawn(
                ChildProcess.ownImage, arguments: ["gatehouse"] + BoundChild.arguments(command),
                environment: ChildProcess.inheritedEnvironment(), descriptors: [])
        } catch {
            log.error("cannot start \(command[0])", ["reason": "\(error)"])
            restart()
        }
    }

    func stop() {
        isStopping = true
        timer?.disarm()
        if let pid { kill(pid, SIGTERM) }
    }

    /// Its process has ended.
    func onExit(status: Int32) {
        pid = nil
        if isStopping { return }
        log.error("\(command[0]) ended", ["reason": .text(ChildProcess.describe(status: status))])
        restart()
    }

    func onDeadline(_ timer: DeadlineTimer) { if !isStopping { start() } }

    private func restart() {
        let delay = backoff.next(lived: loop.now - startedAt)
        if let timer { loop.arm(timer, after: Int(delay)) }
    }
}
