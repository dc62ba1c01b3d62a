/// How new passwords are hashed, and how a stored hash was made.
public enum HashKind: Sendable, Hashable, CustomStringConvertible {
    /// Argon2id (RFC 9106), version 0x13. `memoryKiB` is KiB of memory, `passes` the time cost, `lanes` the
    /// parallelism.
    case argon2id(memoryKiB: Int, passes: Int, lanes: Int)
    /// bcrypt with 2 to the power of `cost` rounds.
    case bcrypt(cost: Int)

    /// KiB that one Argon2id hash may use: 1 GiB.
    public static let maximumMemoryKiB = 1 << 20
    /// The Argon2id passes that are run.
    public static let passBounds = 1...64
    /// The Argon2id lanes that are run.
    public static let laneBounds = 1...16
    /// The bcrypt costs that are run.
    public static let costBounds = 4...16

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
        }
        return nil
    }

    /// The kind in the words of the configuration: `argon2id 19456k 2 1` or `bcrypt 12`.
    public var description: String {
        switch self {
        case .argon2id(let memoryKiB, let passes, let lanes): "argon2id \(memoryKiB)k \(passes) \(lanes)"
        case .bcrypt(let cost): "bcrypt \(cost)"
        }
    }
}
