import Accounts
import ArgumentParser
import Operations
import Supervisor

extension UserCommand {
    /// `gatehouse user enable`.
    struct Enable: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "enable", abstract: "Let a user log in again.")
        @OptionGroup var stores: StoreOption
        @Argument(help: "Login name or id.") var user: String
        @Flag(help: "Say what would be done.") var dryRun = false

        func run() {
            finish { () throws(ExitFailure) in
                let settings = try stores.settings()
                let found = try FoundUser.findToChange(user, settings, store: stores.store)
                StandardError.say("\(found.record.name.typed) may log in\(dryRun ? ", then" : "")\n")
                if dryRun { return ExitStatus.success }
                try found.setDisabled(false)
                found.audit(.userEnabled, settings)
                return ExitStatus.success
            }
        }
    }

    /// `gatehouse user disable`.
    struct Disable: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "disable", abstract: "Refuse a user's logins, and end the user's sessions.")
        @OptionGroup var stores: StoreOption
        @Argument(help: "Login name or id.") var user: String
        @Flag(help: "Say what would be done.") var dryRun = false

        func run() {
            finish { () throws(ExitFailure) in
                let settings = try stores.settings()
                let found = try FoundUser.findToChange(user, settings, store: stores.store)
                StandardError.say(
                    "\(found.record.name.typed) may not log in any more\(dryRun ? ", then" : "")\n")
                if dryRun { return ExitStatus.success }
                try found.setDisabled(true)
                found.audit(.userDisabled, settings)
                try UserSessions.end(found, because: .userDisabled, settings)
                return ExitStatus.success
            }
        }
    }

    /// `gatehouse user delete`.
    struct Delete: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "delete", abstract: "Delete a user, and end the user's sessions.")
        @OptionGroup var stores: StoreOption
        @Argument(help: "Login name or id.") var user: String
        @Flag(name: .shortAndLong, help: "Do not ask.") var yes = false
        @Flag(help: "Say what would be done.") var dryRun = false

        func run() {
            finish { () throws(ExitFailure) in
                let settings = try stores.settings()
                let found = try FoundUser.findToChange(user, settings, store: stores.store)
                let name = found.record.name.typed
                if dryRun {
                    StandardError.say("\(name), id \(found.record.id), would be deleted\n")
                    return ExitStatus.success
                }
                guard yes || Confirmation.ask("Delete \(name)?", unattended: true) else {
                    throw ExitFailure(status: ExitStatus.failure, message: "nothing deleted")
                }
                _ = try found.store.reading { (store) throws(StoreError) in
                    try store.delete(id: found.record.id)
                }
                StandardError.say("deleted \(name)\n")
                found.audit(.userDeleted, settings)
                try UserSessions.end(found, because: .userDisabled, settings)
                return ExitStatus.success
            }
        }
    }
}

extension FoundUser {
    fileprivate func setDisabled(_ isDisabled: Bool) throws(ExitFailure) {
        let isThere = try store.reading { (store) throws(StoreError) in
            try store.setDisabled(id: record.id, isDisabled)
        }
        if isThere { return }
        throw ExitFailure(status: ExitStatus.failure, message: "the user has just been deleted")
    }
}
