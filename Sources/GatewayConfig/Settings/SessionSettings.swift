/// `session`.
public struct SessionSettings: Sendable, Equatable {
    /// One signing key.
    public enum Key: Sendable, Equatable {
        /// Decoded key, at least 32 bytes.
        case bytes([UInt8])
        /// `key_file` under the state directory that does not exist yet: made (0600) at first start.
        case created(path: String)
    }
    /// The first signs, every one verifies. Never empty in a valid configuration.
    public var keys: [Key] = []
    /// Least milliseconds between two renewals; under a quarter of every realm's `idle`.
    public var touch = 60_000
    /// The defaults.
    public init() {}
}
