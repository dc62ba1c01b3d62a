import GatewayConfig
import Operations
import Sessions

/// Tells the audit log of sessions that a command ends: a line for each user, not one for each session.
struct SessionAudit {
    private static let shown = 20

    private struct Owner: Hashable {
        var realm: String
        var user: String
    }

    private let settings: Settings
    private var ended: [Owner: [SessionScan.Found]] = [:]
    private var order: [Owner] = []

    init(_ settings: Settings) { self.settings = settings }

    /// Notes that `session` has ended.
    mutating func add(_ session: SessionScan.Found) {
        let owner = Owner(
            realm: session.realm, user: String(decoding: session.record.userID, as: UTF8.self))
        if ended[owner] == nil { order.append(owner) }
        ended[owner, default: []].append(session)
    }

    /// Writes the lines.
    func finish() {
        for owner in order {
            guard let sessions = ended[owner], let first = sessions.first else { continue }
            let handles = sessions.prefix(Self.shown).map {
                String(decoding: $0.record.handle, as: UTF8.self)
            }
            CommandAudit.report(
                .sessionRevoked,
                [
                    ("realm", owner.realm), ("user", owner.user),
                    ("name", String(decoding: first.record.name, as: UTF8.self)),
                    ("session", handles.joined(separator: " ")),
                ], numbers: [("sessions", sessions.count)], settings: settings)
        }
    }
}
