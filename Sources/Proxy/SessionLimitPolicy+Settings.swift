import GatewayConfig
import Sessions

extension RealmSettings.SessionLimitPolicy {
    /// The same, in the words of the session store.
    var policy: SessionLimitPolicy {
        switch self {
        case .reject: .reject
        case .evictOldest: .evictOldest
        case .evictIdle: .evictIdle
        }
    }
}
