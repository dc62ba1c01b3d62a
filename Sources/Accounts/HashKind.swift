/// How new passwords are hashed, and how a stored hash was made.
public enum HashKind: Sendable, Hashable, CustomStringConvertible {
    /// Argon2id (RFC 9106), version 0x13. `memoryKiB` is KiB of memory, `passes` the time cost, `lanes` the
    /// parallelism.
    case argon2id(memoryKiB: Int, passes: Int, lanes: Int)
    /// bcrypt with 2 to the power of `cost` rounds.
    case bcrypt(cost: Int)
    /// yescrypt of crypt(5) at `cost`, as crypt_gensalt(3) counts it. Verified only, like all that follow.
    case yescrypt(cost: Int)
    /// SHA-512 crypt of crypt(5).
    case sha512crypt(rounds: Int)
    /// SHA-256 crypt of crypt(5), which htpasswd makes with `-2`.
    case sha256crypt(rounds: Int)
    /// Apache's MD5 of 1,000 rounds, which htpasswd makes with `-m`.
    case apr1
    /// One SHA-1 without salt, which htpasswd makes with `-s`.
    case sha1

    /// KiB that one Argon2id hash may use: 1 GiB.
    public static let maximumMemoryKiB = 1 << 20
    /// The Argon2id passes that are run.
    public static let passBounds = 1...64
    /// The Argon2id lanes that are run.
    public static let laneBounds = 1...16
    /// The bcrypt costs that are run.
    public static let costBounds = 4...16
    /// The yescrypt costs that are run; the highest takes 1 GiB.
    public static let yescryptBounds = 1...11
    /// The rounds of SHA-512 and SHA-256 crypt that are run. crypt(5) allows 999,999,999, which take minutes.
    public static let roundBounds = 1_000...2_000_000

    /// Why a hash of this kind is never run, or nil when it is within the bounds.
    public var refusal: String? {
        switch self {
        case .argon2id(let memoryKiB, let passes, let lanes):
            if !Self.laneBounds.contains(lanes) { return "argon2id lanes \(lanes), not 1 to 16" }
            if !Self.passBounds.contains(passes) { return "argon2id passes \(passes), not 1 to 64" }
            // RFC 9106, 3.1: at least 8 KiB a lane.
            if memoryKiB < 8 * lanes { return "argon2id memory \(memoryKiB) KiB, under 8 KiB a lane" }
            if memoryKiB > Self.maximumMemoryKiB { return "argon2id memory \(memoryKiB) KiB, over 1 GiB" }
        case .bcrypt(let cost):
            if !Self.costBounds.contains(cost) { return "bcrypt cost \(cost), not 4 to 16" }
        case .yescrypt(let cost):
            if !Self.yescryptBounds.contains(cost) { return "yescrypt cost \(cost), not 1 to 11" }
        case .sha512crypt(let rounds), .sha256crypt(let rounds):
            if !Self.roundBounds.contains(rounds) { return "\(rounds) rounds, not 1000 to 2000000" }
        case .apr1, .sha1: break
        }
        return nil
    }

    /// Whether new hashes are made of this kind; the others are only compared with.
    public var isForNewHashes: Bool {
        switch self {
        case .argon2id, .bcrypt: true
        case .yescrypt, .sha512crypt, .sha256crypt, .apr1, .sha1: false
        }
    }

    /// The kind in the words of the configuration: `argon2id 19456k 2 1` or `bcrypt 12`.
    public var description: String {
        switch self {
        case .argon2id(let memoryKiB, let passes, let lanes): "argon2id \(memoryKiB)k \(passes) \(lanes)"
        case .bcrypt(let cost): "bcrypt \(cost)"
        case .yescrypt(let cost): "yescrypt \(cost)"
        case .sha512crypt(let rounds): "sha512-crypt \(rounds)"
        case .sha256crypt(let rounds): "sha256-crypt \(rounds)"
        case .apr1: "apr1"
        case .sha1: "sha1"
        }
    }
}
