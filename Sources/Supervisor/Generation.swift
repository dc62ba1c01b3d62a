import GatewayConfig
import Operations
import Secrets

/// A configuration at work, and what its workers inherit.
struct Generation {
    let number: Int
    let settings: Settings
    let snapshot: Snapshot
    /// Where its workers count.
    let metrics: MetricMap
    let listenerDescriptors: [Int32]
    let workers: Int
    /// Of all that was read, in hex; tells one configuration from another.
    let fingerprint: String
    /// Milliseconds since 1970.
    let loadedAt: Int64

    /// Of the program that its workers run.
    var version = Version.text
    /// Whether that is the program before this one, which is to be started should one of them end.
    var isForeign = false

    var needsManagedRedis: Bool { settings.redis.server == .managed }

    static func fingerprint(of bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        let hash = SHA256.hash(bytes).array.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return String(decoding: hash, as: UTF8.self)
    }
}
