import Glibc
public import Operations
import Transport

/// Speaks to the admin socket of a running gateway, blocking.
public struct AdminClient {
    /// What came back.
    public struct Answer {
        /// The HTTP status.
        public let status: Int
        /// What the command should end with, where the gateway says so.
        public let exitStatus: Int32
        /// The content.
        public let text: String
    }

    private let path: String
    private let stateDirectory: String

    /// A client of the gateway that holds `stateDirectory`.
    public init(stateDirectory: String) {
        self.stateDirectory = stateDirectory
        path = stateDirectory + "/" + Master.adminSocketName
    }

    /// Seconds that a report may take: a command goes on without the gateway.
    private static let reportSeconds = 2

    /// Tells the audit log what a command has done. `fields` are texts, `numbers` whole numbers.
    ///
    /// - Throws: As `request` does.
    public func report(
        _ event: AuditEvent, fields: [(name: String, value: String)],
        numbers: [(name: String, value: Int)] = []
    ) throws(ExitFailure) {
        var parts = ["event=\(event.rawValue)"]
        parts += fields.map { "text.\($0.name)=\(QueryItems.encode($0.value))" }
        parts += numbers.map { "number.\($0.name)=\($0.value)" }
        let answer = try request(
            "POST", "/audit?\(parts.joined(separator: "&"))", seconds: Self.reportSeconds)
        guard answer.status == 200 else {
            throw ExitFailure(
                status: ExitStatus.failure, message: "the gateway does not take the report: \(answer.text)")
        }
    }

    /// Asks, and waits for the answer, at most `seconds`; 0 = for as long as it takes. What changes something comes
    /// with the words of this command, for the audit log.
    ///
    /// - Throws: `ExitFailure` with status 69 if no gateway answers there, 77 if it may not be asked.
    public func request(
        _ method: String, _ target: String, accept: String = "application/json",
        seconds: Int = 0
    ) throws(ExitFailure) -> Answer {
        var target = target
        if method != "GET" {
            for word in CommandWords.withoutSecrets(Array(CommandLine.arguments.dropFirst())) {
                target += (target.contains("?") ? "&" : "?") + "word=" + QueryItems.encode(word)
            }
        }
        let text =
            "\(method) \(target) HTTP/1.1\r\nHost: gatehouse\r\nAccept: \(accept)\r\n"
            + "Content-Length: 0\r\nConnection: close\r\n\r\n"
        do throws(SystemError) {
            let socket = try connect()
            var limit = timeval(tv_sec: seconds, tv_usec: 0)
            setsockopt(
                socket.number, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
            let bytes = Array(text.utf8)
            guard send(socket.number, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
                throw SystemError(call: "send")
            }
            return try Self.parse(Self.readAll(socket.number))
        } catch { throw failure(error) }
    }

    /// Whether a gateway is there.
    public func isAnswered() -> Bool {
        do throws(SystemError) {
            _ = try connect()
            return true
        } catch { return ![ENOENT, ENOTDIR, ECONNREFUSED].contains(error.code) }
    }

    private func connect() throws(SystemError) -> FileDescriptor {
        let socket = try DirectorySocket(path)
        return try Sockets.connectBlocking(socket.address())
    }

    private func failure(_ error: SystemError) -> ExitFailure {
        switch error.code {
        case ENOENT, ECONNREFUSED, ENOTDIR:
            ExitFailure(
                status: ExitStatus.unavailable,
                message: "no gateway is running on \(stateDirectory) (\(path): \(error.reason))")
        case EAGAIN:
            ExitFailure(
                status: ExitStatus.failure, message: "the gateway on \(stateDirectory) does not answer")
        case EACCES, EPERM, ECONNRESET, EPIPE:
            ExitFailure(
                status: ExitStatus.notPermitted,
                message: "\(path): \(error.reason); only root and the gateway's own user may ask")
        default: ExitFailure(status: ExitStatus.failure, message: "\(path): \(error)")
        }
    }

    private static func readAll(_ descriptor: Int32) throws(SystemError) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw SystemError(call: "read") }
            if count == 0 { break }
            bytes.append(contentsOf: chunk[..<count])
        }
        guard !bytes.isEmpty else { throw SystemError(call: "read", code: ECONNRESET) }
        return bytes
    }

    static func parse(_ bytes: [UInt8]) throws(SystemError) -> Answer {
        let text = String(decoding: bytes, as: UTF8.self)
        let lines = text.utf8.split(separator: 0x0a, omittingEmptySubsequences: false)
        var exitStatus = ExitStatus.success
        var index = 1
        while index < lines.count, !lines[index].elementsEqual([0x0d]) {
            let line = String(lines[index].dropLast()) ?? ""
            let name = "gatehouse-status: "
            if line.lowercased().hasPrefix(name), let value = Int32(line.dropFirst(name.count)) {
                exitStatus = value
            }
            index += 1
        }
        let words = (String(lines[0]) ?? "").split(separator: " ")
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]), index < lines.count
        else { throw SystemError(call: "read", code: EPROTO) }
        if exitStatus == ExitStatus.success, status >= 400 { exitStatus = ExitStatus.failure }
        let body = text.utf8[lines[index].endIndex...].dropFirst()
        return Answer(status: status, exitStatus: exitStatus, text: String(body) ?? "")
    }
}
