import GatewayConfig
import Glibc
import Redis
import Sessions
import Supervisor

/// All sessions of some realms, read from Redis a piece at a time.
struct SessionScan {
    /// A session that was found.
    struct Found {
        let record: SessionRecord
        let realm: String
        /// Milliseconds since 1970.
        let lastSeen: Int64
    }

    /// Which sessions are wanted.
    struct Filter {
        var users: Set<String> = []
        var handles: Set<String> = []
        var network: AddressRange?
        /// Milliseconds since the last use, at least.
        var idleOver: Int64?
        var now: Int64

        func takes(_ record: SessionRecord) -> Bool {
            if record.absoluteEnd <= now || record.graceEnd != nil { return false }
            if !handles.isEmpty, !handles.contains(text(record.handle)) { return false }
            if !users.isEmpty, !users.contains(text(record.userID)), !users.contains(text(record.name)) {
                return false
            }
            guard let network else { return true }
            return network.contains(addressText: record.address)
        }

        func takes(lastSeen: Int64) -> Bool { idleOver.map { now - lastSeen >= $0 } ?? true }

        private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
    }

    let redis: CommandRedis
    let settings: Settings

    func keys(_ realm: String) -> SessionKeys {
        SessionKeys(prefix: Array(settings.redis.prefix.utf8), realm: Array(realm.utf8))
    }

    /// Those that `filter` takes, of `realms`, by when they began.
    ///
    /// - Throws: `ExitFailure` with status 69.
    func find(realms: [String], _ filter: Filter) throws(ExitFailure) -> [Found] {
        var found: [Found] = []
        for realm in realms { try scan(realm, filter, &found) }
        return found.sorted { ($0.record.created, $0.realm) < ($1.record.created, $1.realm) }
    }

    private func scan(_ realm: String, _ filter: Filter, _ found: inout [Found]) throws(ExitFailure) {
        let keys = keys(realm)
        // A key may come twice while the server's table grows.
        var seen: Set<SessionHash> = []
        try redis.forEachKey(keys.recordBase) { (names) throws(ExitFailure) in
            var records: [SessionRecord] = []
            for value in try redis.call(RedisCommand("MGET", names)).elements {
                guard let bytes = value.bytes, let record = SessionRecord(decoding: bytes),
                    record.realm == Array(realm.utf8), filter.takes(record),
                    seen.insert(record.hash).inserted
                else { continue }
                records.append(record)
            }
            for (record, lastSeen) in zip(records, try lastSeen(records, keys))
            where filter.takes(lastSeen: lastSeen) {
                found.append(Found(record: record, realm: realm, lastSeen: lastSeen))
            }
        }
    }

    private func lastSeen(
        _ records: [SessionRecord], _ keys: SessionKeys
    ) throws(ExitFailure) -> [Int64] {
        let commands = records.map { record in
            RedisCommand("ZSCORE", [keys.lastSeen(of: record.userID), record.hash.array])
        }
        return zip(records, try redis.call(commands)).map { $1.number ?? $0.created }
    }

    /// Ends sessions, as many at a time as go out together; calls `body` with those that were still there.
    ///
    /// - Throws: `ExitFailure` with status 69.
    func end(_ sessions: [Found], _ body: (Found) -> Void) throws(ExitFailure) {
        var rest = sessions[...]
        while !rest.isEmpty {
            let part = rest.prefix(500)
            rest = rest.dropFirst(part.count)
            let commands = part.map { session in
                SessionCommands(keys: keys(session.realm)).logout(
                    session.record.hash, userID: session.record.userID, handle: session.record.handle)
            }
            for (session, value) in zip(part, try redis.call(commands)) where value.number ?? 0 > 0 {
                body(session)
            }
        }
    }
}

extension AddressRange {
    /// Whether the address that `text` spells lies in the range.
    func contains(addressText text: [UInt8]) -> Bool {
        guard let address = AddressText.bytes(String(decoding: text, as: UTF8.self)) else { return false }
        for bit in 0..<min(prefixLength, 128) {
            let mask = UInt8(0x80) >> UInt8(bit & 7)
            if address[bit >> 3] & mask != bytes[bit >> 3] & mask { return false }
        }
        return true
    }
}

/// Addresses on the command line.
enum AddressText {
    /// 16 bytes in network order, IPv4 mapped; nil if it is no address.
    static func bytes(_ text: String) -> [UInt8]? {
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            return [UInt8](repeating: 0, count: 10) + [0xff, 0xff]
                + withUnsafeBytes(of: &four) { Array($0) }
        }
        var six = in6_addr()
        guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
        return withUnsafeBytes(of: &six) { Array($0) }
    }

    /// `192.0.2.7`, `10.0.0.0/8`, `fd00::/8`.
    static func range(_ text: String) -> AddressRange? {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let bytes = bytes(String(parts[0])) else { return nil }
        let isFour = !parts[0].contains(":")
        guard parts.count == 2 else { return AddressRange(bytes: bytes, prefixLength: 128) }
        guard !parts[1].isEmpty, parts[1].utf8.allSatisfy({ 48...57 ~= $0 }), let length = Int(parts[1]),
            length <= (isFour ? 32 : 128)
        else { return nil }
        return AddressRange(bytes: bytes, prefixLength: isFour ? 96 + length : length)
    }
}
