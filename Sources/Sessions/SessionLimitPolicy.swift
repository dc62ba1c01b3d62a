/// What a login does to a user who has as many sessions as he may; the raw values are what the script is told.
public enum SessionLimitPolicy: String, Sendable {
    /// It is refused.
    case reject
    /// It ends the session that began first.
    case evictOldest = "oldest"
    /// It ends the session whose last use is longest ago, as far as Redis knows; a use is told once in `touch`.
    case evictIdle = "idle"
}
