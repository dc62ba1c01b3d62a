public import GatewayConfig
public import Redis
import Sessions
public import Transport

/// Connections to the Redis that a configuration names.
public enum RedisLinks {
    /// As many connections to `endpoint` as `settings` want for a worker; not started.
    static func makeAll(
        _ settings: RedisSettings, _ endpoint: Endpoint, loop: EventLoop, resolver: Resolver
    ) -> [RedisConnection] {
        (0..<max(1, settings.connections)).map { _ in
            make(settings, endpoint, loop: loop, resolver: resolver)
        }
    }

    /// A connection to `endpoint` as `settings` wants it; not started. `timeout` is in milliseconds, nil: the
    /// configured one.
    public static func make(
        _ settings: RedisSettings, _ endpoint: Endpoint, loop: EventLoop, resolver: Resolver,
        timeout: Int? = nil
    ) -> RedisConnection {
        var options = self.options(settings, endpoint)
        if let timeout { options.timeout = timeout }
        return RedisConnection(
            loop: loop, resolver: resolver, settings: options, secret: { readSecret(settings.password) })
    }

    /// A feed of what ends in `realms`, over a connection of its own; not started.
    static func makeFeed(
        _ settings: RedisSettings, _ endpoint: Endpoint, loop: EventLoop, resolver: Resolver, realms: [Realm]
    ) -> RevocationFeed {
        RevocationFeed(
            loop: loop, resolver: resolver, settings: options(settings, endpoint),
            stores: realms.map(\.sessions), secret: { readSecret(settings.password) })
    }

    private static func options(
        _ settings: RedisSettings, _ endpoint: Endpoint
    ) -> RedisConnectionSettings {
        let address: RedisConnectionSettings.Address =
            switch endpoint {
            case .tcp(let host, let port): .tcp(host: host, port: port)
            case .unix(let path): .unix(path: path)
            case .inherited(let name): .unix(path: name)
            }
        var options = RedisConnectionSettings(address: address)
        options.user = settings.user.map { Array($0.utf8) }
        options.database = settings.database
        options.timeout = settings.timeout
        options.connectTimeout = settings.connectTimeout
        return options
    }

    /// A secret that came from a file is read again, since it may have been rotated.
    private static func readSecret(_ secret: Secret?) -> [UInt8]? {
        guard let secret else { return nil }
        guard let path = secret.path, var bytes = SmallFile.read(path, limit: 4096) else {
            return secret.bytes
        }
        if bytes.last == 0x0a { bytes.removeLast() }
        return bytes
    }
}
