import Accounts
import GatewayConfig
import Glibc
import Proxy
import Redis
import Secrets
import Supervisor

/// Tries what a configuration names: Redis, the user stores, the servers of upstreams.
struct ConnectCheck {
    let settings: Settings
    let path: String
    private(set) var diagnostics: [Diagnostic] = []

    init(_ settings: Settings, path: String) {
        self.settings = settings
        self.path = path
    }

    /// Tries everything, and keeps what it finds.
    mutating func run() {
        checkRedis()
        for users in settings.users { checkStore(users) }
        for upstream in settings.upstreams { checkServers(upstream) }
    }

    private mutating func add(
        _ severity: Diagnostic.Severity, _ code: String, _ message: String, _ hints: [String] = []
    ) {
        diagnostics.append(
            Diagnostic(file: path, severity: severity, code: code, message: message, hints: hints))
    }

    // MARK: Redis

    private mutating func checkRedis() {
        do throws(ExitFailure) {
            if settings.redis.server == .managed, !isRunning {
                // It is started with the gateway; here nothing is.
                try BorrowedRedis.checkProgram()
                return
            }
            let redis = try CommandRedis(settings)
            defer { redis.finish() }
            try useRedis(redis)
            checkPolicy(redis)
        } catch { add(.error, "E501", "Redis: \(error.message)") }
    }

    private var isRunning: Bool { StateDirectory.holder(of: settings.stateDirectory ?? "state") != nil }

    /// What the gateway needs to be allowed: SET, GET, DEL, EVAL and PUBLISH below its prefix.
    private func useRedis(_ redis: CommandRedis) throws(ExitFailure) {
        let key = Array("\(settings.redis.prefix):check:\(getpid())".utf8)
        let value = Array("gatehouse check".utf8)
        _ = try redis.call(RedisCommand("SET", [key, value, Array("PX".utf8), Array("10000".utf8)]))
        let script = "return redis.call('GET', KEYS[1])"
        let found = try redis.call(RedisCommand("EVAL", [Array(script.utf8), Array("1".utf8), key]))
        _ = try redis.call(RedisCommand("DEL", [key]))
        _ = try redis.call(RedisCommand("PUBLISH", [key, value]))
        guard found.bytes == value else {
            throw ExitFailure(status: ExitStatus.unavailable, message: "it does not keep what it is given")
        }
    }

    /// Evicting and forgetting both log people out. Where this may not be asked, nothing is said.
    private mutating func checkPolicy(_ redis: CommandRedis) {
        let policy = setting(redis, "maxmemory-policy")
        if let policy, policy != "noeviction", setting(redis, "maxmemory") != "0" {
            add(
                .warning, "W509",
                "Redis evicts keys (maxmemory-policy \(policy)): it logs users out at random",
                ["in redis.conf: maxmemory-policy noeviction"])
        }
        if setting(redis, "appendonly") == "no", setting(redis, "save") == "" {
            add(
                .warning, "W509", "Redis keeps nothing on disk: its restart logs everybody out",
                ["in redis.conf: appendonly yes"])
        }
    }

    private func setting(_ redis: CommandRedis, _ name: String) -> String? {
        do throws(ExitFailure) {
            let reply = try redis.call(RedisCommand("CONFIG", [Array("GET".utf8), Array(name.utf8)]))
            guard reply.elements.count == 2, let bytes = reply.elements[1].bytes else { return nil }
            return String(decoding: bytes, as: UTF8.self)
        } catch { return nil }
    }

    // MARK: Stores and servers

    private mutating func checkStore(_ users: UsersSettings) {
        // A file that is not there yet is made when the gateway starts.
        if case .sqlite(let file) = users.store, access(file, F_OK) != 0 { return }
        do throws(ExitFailure) {
            _ = try OpenStore(users).find("gatehouse-check")
        } catch { add(.error, "E503", error.message) }
    }

    private mutating func checkServers(_ upstream: UpstreamSettings) {
        var tls = UpstreamTLS()
        let contexts = (try? tls.contexts(upstream)) ?? []
        for (index, server) in upstream.servers.enumerated() {
            let context = index < contexts.count ? contexts[index] : nil
            guard
                let trouble = ServerDial.trouble(
                    server.endpoint, tls: context, timeout: upstream.connectTimeout)
            else { continue }
            add(
                .error, "E502",
                "upstream \(upstream.name): no connection to \(Self.text(server.endpoint)): \(trouble)")
        }
    }

    private static func text(_ endpoint: Endpoint) -> String {
        switch endpoint {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        case .inherited(let name): "fd:\(name)"
        }
    }
}
