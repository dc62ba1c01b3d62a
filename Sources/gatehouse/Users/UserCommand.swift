import Accounts
import ArgumentParser
import GatewayConfig
import Operations
import Supervisor

/// `gatehouse user`.
struct UserCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user", abstract: "List, make and change users.",
        discussion: """
            Works on the store that gateway.conf names, whether the gateway runs or not. Passwords are asked for, or \
            read from standard input; never an argument, where others see them.
            """,
        subcommands: [
            List.self, Show.self, Add.self, Password.self, Roles.self, Enable.self, Disable.self, Delete.self,
        ])

    /// `gatehouse user list`.
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List the users by name.")
        @OptionGroup var stores: StoreOption
        @Option(help: ArgumentHelp("Only those who have it.", valueName: "role")) var role: String?
        @Flag(help: "Only those who may not log in.") var disabled = false
        @Flag(help: "JSON instead of a table.") var json = false

        func run() {
            finish { () throws(ExitFailure) in
                let settings = try stores.settings()
                var report = UserReport(showsStore: settings.users.count > 1)
                for candidate in try OpenStore.candidates(settings, named: stores.store) {
                    let store = try OpenStore(candidate)
                    try store.forEach { record in
                        if let role, !record.roles.contains(role) { return }
                        if disabled, !record.isDisabled { return }
                        report.add(record, store.name)
                    }
                }
                StandardOutput.write(json ? report.json : report.table)
                return ExitStatus.success
            }
        }
    }

    /// `gatehouse user show`.
    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "show", abstract: "Show one user.")
        @OptionGroup var stores: StoreOption
        @Argument(help: "Login name or id.") var user: String
        @Flag(help: "JSON instead of lines.") var json = false

        func run() {
            finish { () throws(ExitFailure) in
                let settings = try stores.settings()
                let found = try FoundUser.find(user, settings, store: stores.store)
                let record = found.record
                StandardOutput.write(
                    json
                        ? UserReport.json(record, found.store.name)
                        : UserReport.lines(record, found.store.name))
                return ExitStatus.success
            }
        }
    }

    /// `gatehouse user roles`.
    struct Roles: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "roles", abstract: "Show or change a user's roles.",
            discussion: """
                gatehouse user roles anna                   shows them
                gatehouse user roles anna editor billing    gives these and no others
                gatehouse user roles anna --add admin --remove billing
                gatehouse user roles anna --none            takes all away
                """)
        @OptionGroup var stores: StoreOption
        @Argument(help: "Login name or id.") var user: String
        @Argument(help: "The roles from now on.") var roles: [String] = []
        @Option(help: ArgumentHelp("A role more.", valueName: "role")) var add: [String] = []
        @Option(help: ArgumentHelp("A role less.", valueName: "role")) var remove: [String] = []
        @Flag(help: "No roles at all.") var none = false
        @Flag(help: "Say what would be done.") var dryRun = false

        func validate() throws {
            let ways = [!roles.isEmpty, !add.isEmpty || !remove.isEmpty, none].count { $0 }
            if ways > 1 {
                throw ValidationError("say it one way: the roles, --add and --remove, or --none")
            }
        }

        func run() {
            finish { () throws(ExitFailure) in
                let settings = try stores.settings()
                let found = try FoundUser.find(user, settings, store: stores.store)
                let record = found.record
                guard none || !roles.isEmpty || !add.isEmpty || !remove.isEmpty else {
                    StandardOutput.write(record.roles.map { $0 + "\n" }.joined())
                    return ExitStatus.success
                }
                try found.store.requireWritable()
                let wanted = Self.unique(none || !roles.isEmpty ? roles : changed(record.roles))
                if let refusal = RoleName.refusal(of: wanted) {
                    throw ExitFailure(status: ExitStatus.usage, message: refusal)
                }
                let list = wanted.isEmpty ? "none" : wanted.joined(separator: " ")
                StandardError.say("roles of \(record.name.typed): \(list)\n")
                if dryRun { return ExitStatus.success }
                _ = try found.store.reading { (store) throws(StoreError) in
                    try store.setRoles(id: record.id, roles: wanted)
                }
                found.audit(.userRoles, settings, roles: wanted)
                try UserSessions.setRoles(wanted, of: found, settings)
                return ExitStatus.success
            }
        }

        private func changed(_ roles: [String]) -> [String] {
            roles.filter { !remove.contains($0) } + add.filter { !remove.contains($0) }
        }

        private static func unique(_ roles: [String]) -> [String] {
            var seen: Set<String> = []
            return roles.filter { seen.insert($0).inserted }
        }
    }
}
