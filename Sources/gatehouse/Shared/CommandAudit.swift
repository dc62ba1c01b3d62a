import Accounts
import GatewayConfig
import Glibc
import Operations
import Supervisor
import Transport

/// Where commands that change something by themselves tell of it.
enum CommandAudit {
    /// Has the gateway of `settings` write the line of `event` into its audit log. While none runs, the line goes into
    /// the log's file, if it has one; a log on the gateway's standard output cannot be reached then.
    static func report(
        _ event: AuditEvent, _ fields: [(name: String, value: String)],
        numbers: [(name: String, value: Int)] = [], settings: Settings
    ) {
        let client = AdminClient(stateDirectory: settings.stateDirectory ?? "state")
        do throws(ExitFailure) {
            try client.report(event, fields: fields, numbers: numbers)
        } catch {
            if error.status == ExitStatus.unavailable {
                write(event, fields, numbers, settings.log)
            } else {
                StandardError.write("gatehouse: not in the audit log: \(error.message)\n")
            }
        }
    }

    private static func write(
        _ event: AuditEvent, _ fields: [(name: String, value: String)],
        _ numbers: [(name: String, value: Int)],
        _ settings: LogSettings
    ) {
        // Not made here: it would be this user's, and not the gateway's.
        guard case .file(let path) = settings.access, access(path, W_OK) == 0 else { return }
        do throws(LogFailure) {
            let log = try AuditLog(settings)
            var line: AuditLog.Fields = fields.map { ($0.name, .text($0.value)) }
            line += numbers.map { ($0.name, .number($0.value)) }
            log.record(event, line + [("uid", .number(Int(getuid()))), ("pid", .number(Int(getpid())))])
            log.flush(milliseconds: 1_000)
            log.stop()
        } catch {
            StandardError.write("gatehouse: not in the audit log: \(SystemError.text(error.errno))\n")
        }
    }
}

extension FoundUser {
    /// Tells the audit log what a command has done to this user. `roles` are those that the user has now.
    func audit(_ event: AuditEvent, _ settings: Settings, roles: [String]? = nil) {
        var fields = [("user", record.id.text), ("name", record.name.canonical), ("store", store.name)]
        if let roles { fields.append(("roles", roles.joined(separator: " "))) }
        CommandAudit.report(event, fields, settings: settings)
    }
}
