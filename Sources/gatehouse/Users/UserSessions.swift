import Accounts
import GatewayConfig
import Operations
import Redis
import Sessions
import Supervisor

/// What becomes of the sessions of a user whom a command has changed.
enum UserSessions {
    /// Ends all of them, in every realm that uses the store, and says how many there were.
    ///
    /// - Throws: `ExitFailure` with status 69 if Redis cannot be reached: the store has been changed by then.
    static func end(
        _ user: FoundUser, because reason: SessionEndLabel, _ settings: Settings
    ) throws(ExitFailure) {
        var count: Int64 = 0
        try withRedis(user, settings) { (redis, keys, realm) throws(ExitFailure) in
            let command = SessionCommands(keys: keys).logoutEverywhere(
                userID: Array(user.record.id.text.utf8))
            let ended = try redis.call(command).number ?? 0
            count += ended
            guard ended > 0 else { return }
            CommandAudit.report(
                .sessionRevoked,
                [
                    ("realm", realm), ("user", user.record.id.text),
                    ("name", user.record.name.canonical), ("store", user.store.name),
                    ("reason", reason.label),
                ], numbers: [("sessions", Int(clamping: ended))], settings: settings)
        }
        StandardError.say("\(count) \(count == 1 ? "session" : "sessions") ended\n")
    }

    /// Gives all of them other roles, for their next requests.
    ///
    /// - Throws: `ExitFailure` with status 69 if Redis cannot be reached: the store has been changed by then.
    static func setRoles(
        _ roles: [String], of user: FoundUser, _ settings: Settings
    ) throws(ExitFailure) {
        var count: Int64 = 0
        try withRedis(user, settings) { (redis, keys, _) throws(ExitFailure) in
            let command = SessionCommands(keys: keys).setRoles(
                roles.map { Array($0.utf8) }, userID: Array(user.record.id.text.utf8))
            count += try redis.call(command).number ?? 0
        }
        if count > 0 {
            StandardError.say("\(count) \(count == 1 ? "session has" : "sessions have") them already\n")
        }
    }

    /// Calls `body` for each realm that uses the store.
    private static func withRedis(
        _ user: FoundUser, _ settings: Settings,
        _ body: (CommandRedis, SessionKeys, String) throws(ExitFailure) -> Void
    ) throws(ExitFailure) {
        let realms = settings.realms.filter { settings.users[$0.users].name == user.store.name }
        guard !realms.isEmpty else { return }
        do throws(ExitFailure) {
            let redis = try CommandRedis(settings)
            defer { redis.finish() }
            for realm in realms {
                let keys = SessionKeys(
                    prefix: Array(settings.redis.prefix.utf8), realm: Array(realm.name.utf8))
                try body(redis, keys, realm.name)
            }
        } catch {
            throw ExitFailure(
                status: error.status,
                message: "\(error.message)\nThe user has been changed, but sessions still live as they were.")
        }
    }
}
