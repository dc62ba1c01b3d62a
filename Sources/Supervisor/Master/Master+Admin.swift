import CLinux
import GatewayConfig
import Glibc
import Operations
import Transport

/// The admin socket: who may speak, and what is answered.
extension Master {
    static let adminSocketName = "admin.sock"

    func openAdmin(_ settings: Settings) throws(ExitFailure) {
        let server = PlainServer(loop: loop, limits: .admin, admits: Self.isTrusted) { [weak self] in
            self?.answer($0)
        }
        for path in adminPaths(settings) {
            do throws(SystemError) {
                try server.listen(try adminSocket(path))
            } catch {
                throw ExitFailure(
                    status: error.code == EACCES ? ExitStatus.notPermitted : ExitStatus.cannotCreate,
                    message: "cannot listen on unix:\(path): \(error.reason)")
            }
        }
        admin = server
        if case .tcp(let host, let port)? = settings.admin { try openReadOnlyAdmin(host, port) }
    }

    /// Whoever reaches this one may read, and change nothing: there is no telling who it is.
    private func openReadOnlyAdmin(_ host: String, _ port: UInt16) throws(ExitFailure) {
        let address = try ListenerSet.resolve(host, port)
        let server = PlainServer(loop: loop, limits: .admin) { [weak self] exchange in
            guard ["GET", "HEAD"].contains(exchange.request.method) else {
                exchange.answer(Self.notAllowed("GET, HEAD"))
                return
            }
            self?.answer(exchange)
        }
        let name = "tcp " + Endpoint.tcp(host: host, port: port).text
        do throws(SystemError) {
            if let descriptor = adminSockets[name] {
                try server.listen(FileDescriptor(descriptor))
            } else {
                let socket = try Sockets.listen(address, backlog: 64)
                adminSockets[name] = socket.number
                try server.listen(socket)
            }
        } catch {
            throw ExitFailure(
                status: error.code == EACCES ? ExitStatus.notPermitted : ExitStatus.cannotCreate,
                message: "cannot listen on \(Endpoint.tcp(host: host, port: port).text): \(error.reason)")
        }
        readOnlyAdmin = server
    }

    /// The one at `path` that the program before this one had, or a new one.
    private func adminSocket(_ path: String) throws(SystemError) -> FileDescriptor {
        if let descriptor = adminSockets[path] { return FileDescriptor(descriptor) }
        let name = try DirectorySocket(path)
        let socket = try Sockets.listen(name.address(), backlog: 64, unixMode: 0o600)
        adminSockets[path] = socket.number
        return socket
    }

    func closeAdmin() {
        admin?.close()
        for path in adminSockets.keys where !path.hasPrefix("tcp ") { unlink(path) }
        readOnlyAdmin?.close()
    }

    private func adminPaths(_ settings: Settings) -> [String] {
        var paths = [state.file(Self.adminSocketName)]
        if case .unix(let path)? = settings.admin { paths.append(path) }
        return paths
    }

    /// The same user, or root.
    private static func isTrusted(_ descriptor: Int32) -> Bool {
        var peer = clinux_ucred()
        guard clinux_peer_credentials(descriptor, &peer) == 0 else { return false }
        return peer.uid == 0 || peer.uid == geteuid()
    }

    private func answer(_ exchange: PlainExchange) {
        let isRead = ["GET", "HEAD"].contains(exchange.request.method)
        switch exchange.request.path {
        case "/healthz" where isRead: exchange.answer(.text(200, "ok\n"))
        case "/readyz" where isRead: exchange.answer(readiness(exchange.request.query))
        case "/startupz" where isRead:
            exchange.answer(fleet.serving > 0 ? .text(200, "started\n") : .text(503, "starting\n"))
        case "/metrics" where isRead: exchange.answer(metrics(accept: exchange.request["accept"]))
        case "/status" where isRead:
            exchange.answer(
                exchange.request.prefers("text/plain") ? .text(200, statusText()) : .json(200, statusJSON()))
        case "/reload" where exchange.request.method == "POST":
            auditCommand(exchange)
            requestReload(answerLater(exchange, asText: exchange.request.prefers("text/plain")))
        case "/drain" where exchange.request.method == "POST":
            auditCommand(exchange)
            drain(exchange)
        case "/upgrade" where exchange.request.method == "POST":
            auditCommand(exchange)
            requestUpgrade(
                QueryItems(exchange.request.query)["binary"],
                answerLater(exchange, asText: exchange.request.prefers("text/plain")))
        case "/audit" where exchange.request.method == "POST": exchange.answer(takeReport(exchange))
        case "/healthz", "/readyz", "/startupz", "/metrics", "/status":
            exchange.answer(Self.notAllowed("GET, HEAD"))
        case "/reload", "/upgrade", "/drain", "/audit": exchange.answer(Self.notAllowed("POST"))
        default: exchange.answer(.text(404, "not found\n"))
        }
    }

    /// Answers with a verdict; whoever waits for one is handed to the program after this one.
    func answerLater(_ exchange: PlainExchange, asText: Bool) -> ReloadQueue.Waiter {
        lastClient += 1
        let id = lastClient
        clients[id] = (exchange, asText)
        return { [weak self] verdict in
            self?.clients[id] = nil
            exchange.answer(Self.answer(to: verdict, asText: asText))
        }
    }

    private static func notAllowed(_ methods: String) -> PlainResponse {
        var response = PlainResponse.text(405, "method not allowed\n")
        response.lines = ["Allow: \(methods)"]
        return response
    }

    /// Ready is a gateway that takes traffic: it serves and is not about to end.
    ///
    /// Without Redis this gateway still serves what is public, and its siblings would have no Redis either: only who
    /// asks for it (`?require=redis`) is told.
    private func readiness(_ query: String?) -> PlainResponse {
        if stopPhase != .running { return .text(503, "draining\n") }
        if fleet.readyCount == 0 { return .text(503, "no worker is ready\n") }
        if query?.split(separator: "&").contains("require=redis") == true,
            counters.value(.redisConnections) == 0
        {
            return .text(503, "Redis is unavailable\n")
        }
        return .text(200, "ready\n")
    }

    private static func answer(to verdict: ReloadVerdict, asText: Bool) -> PlainResponse {
        let status =
            switch verdict.status {
            case ExitStatus.success: 200
            case ExitStatus.configuration: 422
            default: 500
            }
        var response: PlainResponse
        if asText {
            response = .text(status, verdict.report + verdict.message + "\n")
        } else {
            var json: [UInt8] = []
            json.append(contentsOf: "{\"status\":\(verdict.status),\"generation\":\(verdict.generation)".utf8)
            json.append(contentsOf: ",\"message\":".utf8)
            JSONText.append(verdict.message, to: &json)
            json.append(contentsOf: ",\"report\":".utf8)
            JSONText.append(verdict.report, to: &json)
            response = .json(status, json + [UInt8(ascii: "}"), 0x0a])
        }
        response.lines = ["Gatehouse-Status: \(verdict.status)"]
        return response
    }
}
