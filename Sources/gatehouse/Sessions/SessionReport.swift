import Pages
import Sessions

/// Sessions as commands show them. What would let somebody take one over is never part of it.
enum SessionReport {
    static func table(_ sessions: [SessionScan.Found], now: Int64) -> String {
        var table = TextTable("ID", "USER", "REALM", "CREATED", "IDLE", "ADDRESS", "AGENT")
        for session in sessions {
            let record = session.record
            table.add(
                text(record.handle), text(record.name), session.realm, Moment.text(record.created),
                Moment.age(now - session.lastSeen), text(record.address),
                String(text(record.agent).unicodeScalars.prefix(48)))
        }
        return table.text
    }

    static func lines(_ session: SessionScan.Found) -> String {
        let record = session.record
        let roles = record.roles.map(text).joined(separator: ",")
        return """
            id         \(text(record.handle))
            user       \(text(record.name)), id \(text(record.userID))
            roles      \(roles.isEmpty ? "-" : roles)
            realm      \(session.realm)
            created    \(Moment.text(record.created))
            last seen  \(Moment.text(session.lastSeen))
            ends       \(Moment.text(record.absoluteEnd))
            idle       \(idle(record))
            remember   \(record.isRemembered ? "yes" : "no")
            address    \(TextTable.printable(text(record.address)))
            agent      \(TextTable.printable(text(record.agent)))

            """
    }

    static func json(_ sessions: [SessionScan.Found]) -> String {
        var writer = JSONWriter()
        writer.object { object in
            object.key("sessions")
            object.array { array in
                for session in sessions { array.object { members(session, &$0) } }
            }
        }
        return String(decoding: writer.bytes, as: UTF8.self) + "\n"
    }

    static func json(_ session: SessionScan.Found) -> String {
        var writer = JSONWriter()
        writer.object { members(session, &$0) }
        return String(decoding: writer.bytes, as: UTF8.self) + "\n"
    }

    private static func members(_ session: SessionScan.Found, _ object: inout JSONWriter) {
        let record = session.record
        object.key("id")
        object.string(text(record.handle))
        object.key("user")
        object.object { user in
            user.key("id")
            user.string(text(record.userID))
            user.key("name")
            user.string(text(record.name))
            user.key("roles")
            user.array { array in
                for role in record.roles { array.string(text(role)) }
            }
        }
        object.key("realm")
        object.string(session.realm)
        for (key, time) in [
            ("created", record.created), ("last_seen", session.lastSeen),
            ("absolute_expires", record.absoluteEnd),
        ] {
            object.key(key)
            object.string(Moment.text(time))
        }
        object.key("remember")
        object.boolean(record.isRemembered)
        object.key("address")
        object.string(text(record.address))
        object.key("agent")
        object.string(text(record.agent))
    }

    private static func idle(_ record: SessionRecord) -> String {
        let hasLimit = record.idleSeconds > 0 && !record.isRemembered
        return hasLimit
            ? "ends after \(Moment.age(record.idleSeconds * 1_000)) without a request" : "no limit"
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
