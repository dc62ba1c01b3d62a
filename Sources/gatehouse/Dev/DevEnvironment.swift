import GatewayConfig
import Glibc
import Supervisor
import Transport

/// What `gatehouse dev` runs on: a directory of its own, a free port on this machine, and a configuration that no
/// file holds.
struct DevEnvironment {
    /// The state directory.
    let state: String
    /// The gateway's, on 127.0.0.1.
    let port: UInt16
    /// The application in front of which it stands; nil = the sample API.
    let upstream: String?
    /// nil = a private one.
    let redis: String?

    private static let firstPort: UInt16 = 8080
    private static let portsTried: UInt16 = 100

    init(upstream: String?, redis: String?) throws(ExitFailure) {
        state = try Self.stateHome() + "/gatehouse/dev"
        if let pid = StateDirectory.holder(of: state) {
            throw ExitFailure(
                status: ExitStatus.cannotCreate, message: "already running, pid \(pid) on \(state)")
        }
        port = try Self.freePort()
        self.upstream = upstream
        self.redis = redis
    }

    /// Where the sample API listens; a unix socket, as long as its path fits.
    var sampleAddress: String {
        let path = state + "/echo.sock"
        return path.utf8.count <= 107 ? "unix:\(path)" : "127.0.0.1:\(port &+ 10_000)"
    }

    /// The configuration, as `ConfigurationFile` reads it.
    var file: ConfigurationFile {
        let path = state + "/dev.conf"
        return ConfigurationFile(path: path, source: OverlaySource(path: path, content: Array(text.utf8)))
    }

    /// Of the embedded store.
    var usersPath: String { state + "/users.db" }

    private var text: String {
        """
        listen 127.0.0.1:\(port)
        state \(Self.word(state))
        redis \(redis.map(Self.word) ?? "managed")
        session { key_file \(Self.word(state + "/session.key")) }
        users people {
            store sqlite \(Self.word(usersPath))
            register open
        }
        realm main { users people }
        upstream app { server \(Self.word(upstream ?? sampleAddress)) }
        site * {
            route /*        app user { websocket on }
            route /public/* app public
        }

        """
    }

    /// `text` as one word of the configuration, whatever is in it.
    static func word(_ text: String) -> String {
        if !text.contains("'") { return "'\(text)'" }
        var quoted = "\""
        for character in text {
            if character == "\"" || character == "\\" { quoted.append("\\") }
            quoted.append(character)
        }
        return quoted + "\""
    }

    private static func stateHome() throws(ExitFailure) -> String {
        if let home = getenv("XDG_STATE_HOME").map({ String(cString: $0) }), home.hasPrefix("/") {
            return home
        }
        if let home = getenv("HOME").map({ String(cString: $0) }), home.hasPrefix("/") {
            return home + "/.local/state"
        }
        throw ExitFailure(
            status: ExitStatus.failure, message: "neither HOME nor XDG_STATE_HOME says where to keep things")
    }

    private static func freePort() throws(ExitFailure) -> UInt16 {
        for port in firstPort..<firstPort + portsTried {
            guard let address = SocketAddress(literal: "127.0.0.1", port: port) else { continue }
            if (try? Sockets.listen(address, backlog: 1)) != nil { return port }
        }
        throw ExitFailure(
            status: ExitStatus.cannotCreate,
            message: "the ports \(firstPort) to \(firstPort + portsTried - 1) are all in use")
    }
}

/// This machine's files, and one that is not there.
private struct OverlaySource: ConfigSource {
    let path: String
    let content: [UInt8]
    private let system = SystemSource()

    init(path: String, content: [UInt8]) {
        self.path = path
        self.content = content
    }

    func read(path: String) -> Result<[UInt8], ConfigSourceError> {
        path == self.path ? .success(content) : system.read(path: path)
    }

    func list(glob: String) -> [String] { system.list(glob: glob) }
    // The state directory is given.
    func environment(_ name: String) -> String? { name == "STATE_DIRECTORY" ? nil : system.environment(name) }
    func permissions(path: String) -> UInt16? { system.permissions(path: path) }
}
