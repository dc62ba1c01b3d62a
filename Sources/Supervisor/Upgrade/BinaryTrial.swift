import Glibc
import Operations
import Transport

/// Tries the program that is to take over, before anything changes: whether it runs here, finds the configuration
/// good, and understands what it would be handed.
final class BinaryTrial: DeadlineReceiver {
    /// How it ended: the new program's version, or the verdict that tells why not.
    typealias End = Result<String, Refusal>

    /// Why the program is not taken.
    struct Refusal: Error {
        var status: Int32
        var message: String
        var report = ""
    }

    private enum Step { case check, handover, over }
    /// Milliseconds for each of the two questions.
    private static let limit = 30_000

    /// The program, opened once: what was tried is what runs, whatever happens to the file.
    let binary: FileDescriptor
    /// Its pid while it answers.
    private(set) var pid: pid_t?
    private let loop: EventLoop
    private let path: String
    private let configuration: String
    private let handover: () -> Handover
    private let onEnd: (End) -> Void
    private var step = Step.check
    private var output: ChildOutput?
    private var handed: [UInt8] = []
    private var timer: DeadlineTimer?

    /// Opens the program at `path`. `handover` says what it would be handed now.
    ///
    /// - Throws: `Refusal` if there is no such program.
    init(
        loop: EventLoop, path: String, configuration: String, handover: @escaping () -> Handover,
        onEnd: @escaping (End) -> Void
    ) throws(Refusal) {
        self.loop = loop
        self.path = path
        self.configuration = configuration
        self.handover = handover
        self.onEnd = onEnd
        binary = try Self.open(path)
        timer = DeadlineTimer(self)
    }

    /// Asks; `onEnd` follows, never before this has returned.
    func start() throws(Refusal) { try ask(.check) }

    /// Ends it without an answer.
    func cancel() {
        finish()
        if let pid { kill(pid, SIGKILL) }
        _ = output?.finish()
        output = nil
    }

    /// Its process has ended.
    func onExit(status: Int32) {
        pid = nil
        timer?.disarm()
        guard step != .over, let output else { return }
        let text = output.finish()
        self.output = nil
        do throws(Refusal) {
            if step == .check {
                try judgeCheck(status, text)
                try ask(.handover)
            } else {
                let version = try judgeHandover(status, text)
                finish()
                onEnd(.success(version))
            }
        } catch {
            finish()
            onEnd(.failure(error))
        }
    }

    /// It takes too long.
    func onDeadline(_ timer: DeadlineTimer) { if let pid { kill(pid, SIGKILL) } }

    private func finish() {
        step = .over
        timer?.invalidate()
    }

    // MARK: Questions

    private func ask(_ question: Step) throws(Refusal) {
        step = question
        do throws(SystemError) {
            let output = try ChildOutput(loop: loop)
            self.output = output
            var descriptors = [binary.number]
            var memory: Snapshot?
            var words = ["check", configuration]
            if question == .handover {
                let handover = handover()
                handed = handover.encoded
                let handedOver = try Snapshot(handed)
                memory = handedOver
                descriptors += [handedOver.descriptor] + handover.configurations.map(\.snapshot)
                words = ["handover-check"]
            }
            defer { withExtendedLifetime(memory) {} }
            pid = try ChildProcess.spawn(
                "/proc/self/fd/3", arguments: ["gatehouse"] + words,
                environment: ChildProcess.inheritedEnvironment(), descriptors: descriptors,
                output: output.childEnd)
            output.seal()
            if let timer { loop.arm(timer, after: Self.limit) }
        } catch {
            _ = output?.finish()
            output = nil
            finish()
            throw Refusal(status: ExitStatus.failure, message: "\(path) does not run here: \(error.reason)")
        }
    }

    private func judgeCheck(_ status: Int32, _ text: String) throws(Refusal) {
        switch ChildProcess.exitCode(status) {
        case ExitStatus.success: return
        case ExitStatus.configuration:
            throw Refusal(
                status: ExitStatus.configuration,
                message: "\(path) finds errors in the configuration", report: text)
        default:
            throw Refusal(
                status: ExitStatus.failure,
                message: "\(path) cannot check the configuration: \(ChildProcess.describe(status: status))",
                report: text)
        }
    }

    private func judgeHandover(_ status: Int32, _ text: String) throws(Refusal) -> String {
        if ChildProcess.exitCode(status) == ExitStatus.success,
            let version = HandoverCheck.version(in: text, of: handed)
        {
            return version
        }
        let isOurs = ChildProcess.exitCode(status) == ExitStatus.failure
        throw Refusal(
            status: ExitStatus.failure,
            message: "\(path) cannot take over"
                + (isOurs ? ": \(text.split(separator: "\n").first ?? "it does not say why")" : ""),
            report: isOurs ? "" : text)
    }

    private static func open(_ path: String) throws(Refusal) -> FileDescriptor {
        let pathOnly: Int32 = 0o10000000
        let number = Glibc.open(path, pathOnly | O_CLOEXEC)
        guard number >= 0 else {
            let code = errno
            throw Refusal(
                status: code == EACCES ? ExitStatus.notPermitted : ExitStatus.noInput,
                message: "\(path): \(SystemError.text(code))")
        }
        let file = FileDescriptor(number)
        var status = stat()
        guard fstat(file.number, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw Refusal(status: ExitStatus.noInput, message: "\(path) is not a file")
        }
        guard access("/proc/self/fd/\(file.number)", X_OK) == 0 else {
            throw Refusal(status: ExitStatus.notPermitted, message: "\(path) is not executable")
        }
        // One that cannot be read cannot be a script either.
        let readable = Glibc.open("/proc/self/fd/\(file.number)", O_RDONLY | O_CLOEXEC)
        guard readable >= 0 else { return file }
        let content = FileDescriptor(readable)
        var magic = [UInt8](repeating: 0, count: 4)
        guard pread(content.number, &magic, 4, 0) == 4, magic == [0x7f] + Array("ELF".utf8) else {
            throw Refusal(status: ExitStatus.failure, message: "\(path) is not a program (ELF)")
        }
        return file
    }
}
