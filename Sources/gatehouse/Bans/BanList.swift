import GatewayConfig
import Pages
import Redis
import Supervisor
import Throttling

/// Who may not log in at the moment, read from Redis.
struct BanList {
    /// One subject that is held up.
    struct Entry {
        let realm: String
        let kind: LoginLimit.Kind
        let subject: [UInt8]
        let key: [UInt8]
        /// Set by an operator, rather than by failed logins.
        let isBan: Bool
        /// The reason of a ban.
        var reason = ""
        /// How many logins have failed.
        var failures = 0
        /// Milliseconds until it is over; nil = never.
        var left: Int64?

        var text: String { String(decoding: subject, as: UTF8.self) }
    }

    let redis: CommandRedis
    let settings: Settings

    func keys(_ realm: String) -> ThrottleKeys {
        ThrottleKeys(prefix: Array(settings.redis.prefix.utf8), realm: Array(realm.utf8))
    }

    /// Bans and counted failures of `realms`; `isFull`: of failures only those that hold somebody up.
    ///
    /// - Throws: `ExitFailure` with status 69.
    func read(_ realms: [String], isFull: Bool) throws(ExitFailure) -> [Entry] {
        var found: [Entry] = []
        for realm in realms {
            let keys = keys(realm)
            found += try read(realm, keys.banBase, isBan: true)
            let limits = settings.realms.first { $0.name == realm }?.loginLimits ?? []
            found += try read(realm, keys.failureBase, isBan: false).filter { entry in
                guard isFull else { return true }
                return entry.failures >= Self.limit(entry.kind, limits)
            }
        }
        return found
    }

    private static func limit(_ kind: LoginLimit.Kind, _ limits: [LoginLimitSettings]) -> Int {
        let counted = kind == .registration ? LoginLimit.Kind.ip : kind
        guard let limit = limits.first(where: { $0.subject.rawValue == counted.rawValue }) else {
            return .max
        }
        return limit.rate.count * (kind == .registration ? LoginLimit.registrationFactor : 1)
    }

    private func read(_ realm: String, _ base: [UInt8], isBan: Bool) throws(ExitFailure) -> [Entry] {
        var found: [Entry] = []
        var seen: Set<[UInt8]> = []
        try redis.forEachKey(base) { (names) throws(ExitFailure) in
            for name in names where seen.insert(name).inserted {
                guard let (kind, subject) = keys(realm).subject(of: name, after: base),
                    let value = try redis.call(RedisCommand("GET", [name])).bytes
                else { continue }
                var entry = Entry(realm: realm, kind: kind, subject: subject, key: name, isBan: isBan)
                let text = String(decoding: value, as: UTF8.self)
                if isBan { entry.reason = text } else { entry.failures = Int(text) ?? 0 }
                let left = try redis.call(RedisCommand("PTTL", [name])).number ?? -1
                entry.left = left >= 0 ? left : nil
                found.append(entry)
            }
        }
        return found.sorted { $0.key.lexicographicallyPrecedes($1.key) }
    }

    static func table(_ entries: [Entry]) -> String {
        var table = TextTable("REALM", "KIND", "WHO", "ENDS IN", "WHY")
        for entry in entries {
            table.add(
                entry.realm, entry.kind.rawValue, entry.text,
                entry.left.map { Moment.age($0 + 999) } ?? "never",
                entry.isBan
                    ? "banned" + (entry.reason.isEmpty ? "" : ": \(entry.reason)")
                    : entry.kind == .registration
                        ? "\(entry.failures) names found taken" : "\(entry.failures) failed logins")
        }
        return table.text
    }

    static func json(_ entries: [Entry]) -> String {
        var writer = JSONWriter()
        writer.object { object in
            object.key("bans")
            object.array { array in
                for entry in entries { array.object { members(entry, &$0) } }
            }
        }
        return String(decoding: writer.bytes, as: UTF8.self) + "\n"
    }

    private static func members(_ entry: Entry, _ object: inout JSONWriter) {
        object.key("realm")
        object.string(entry.realm)
        object.key("kind")
        object.string(entry.kind.rawValue)
        object.key("subject")
        object.string(entry.text)
        object.key("banned")
        object.boolean(entry.isBan)
        object.key("reason")
        object.string(entry.reason)
        object.key("failures")
        object.integer(entry.failures)
        object.key("seconds_left")
        if let left = entry.left {
            object.integer(Int(clamping: (left + 999) / 1_000))
        } else {
            object.null()
        }
    }
}
