import GatewayConfig
import Redis
import Throttling
import Transport

extension LoginThrottle {
    /// The limits that the configuration gives a realm.
    convenience init(
        _ realm: RealmSettings, _ settings: RedisSettings, redis: RedisConnection, loop: EventLoop
    ) {
        let limits = realm.loginLimits.map { limit in
            let kind: LoginLimit.Kind =
                switch limit.subject {
                case .account: .account
                case .ip: .ip
                case .accountAndIP: .accountAndIP
                }
            return LoginLimit(kind: kind, count: limit.rate.count, window: limit.rate.window)
        }
        let keys = ThrottleKeys(prefix: Array(settings.prefix.utf8), realm: Array(realm.name.utf8))
        self.init(redis: redis, loop: loop, keys: keys, limits: limits)
    }
}
