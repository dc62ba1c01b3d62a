/// Remembers when sessions were last touched, for the most recent ones only.
///
/// Two tables: when the young one is full it becomes the old one. What was used since then has moved on to the young
/// one, so what is forgotten is what was not used for longest.
struct TouchLedger {
    private let limit: Int
    private var young: [UInt64: Int64] = [:]
    private var old: [UInt64: Int64] = [:]

    /// A ledger of at least `limit` sessions, and at most twice as many.
    init(limit: Int) { self.limit = max(1, limit) }

    /// Sessions remembered.
    var count: Int { young.count + old.count }

    /// Whether the session is due: not touched, as far as is remembered, since `interval` before `now` (both in
    /// monotonic milliseconds). If so it counts as touched now.
    mutating func isDue(_ hash: SessionHash, now: Int64, interval: Int64) -> Bool {
        let key = Self.key(hash)
        if let last = young[key] {
            if now - last < interval { return false }
        } else if let last = old[key], now - last < interval {
            // Moved, not touched: it is the session's use that keeps it from being forgotten.
            note(key, last)
            return false
        }
        note(key, now)
        return true
    }

    /// Notes that the session was touched at `now`.
    mutating func note(_ hash: SessionHash, now: Int64) { note(Self.key(hash), now) }

    private mutating func note(_ key: UInt64, _ time: Int64) {
        if young.count >= limit, young[key] == nil {
            old = young
            young = [:]
        }
        old[key] = nil
        young[key] = time
    }

    /// 8 of the hash's characters: 48 bits of it, plenty to tell live sessions apart, and nobody can choose them.
    private static func key(_ hash: SessionHash) -> UInt64 {
        hash.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 0, as: UInt64.self) }
    }
}
