import Accounts
import ArgumentParser
import GatewayConfig
import Operations
import Proxy
import Secrets
import Supervisor

extension UserCommand {
    /// `gatehouse user add`.
    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "add", abstract: "Make a user.")
        @OptionGroup var stores: StoreOption
        @Argument(help: "The login name: letters, digits and . _ @ + -") var name: String
        @Option(
            name: [.customLong("role"), .customLong("roles")],
            help: ArgumentHelp(
                "A role; may be given several times, or several with commas. Default: default_roles.",
                valueName: "role"))
        var roles: [String] = []
        @Flag(help: "Make a password, and print it once.") var generate = false
        @Flag(help: "JSON instead of words.") var json = false
        @Flag(help: "Check everything but the password, and make nothing.") var dryRun = false

        func run() {
            finish { () throws(ExitFailure) in
                let settings = try stores.settings()
                let block = try OpenStore.only(settings, named: stores.store)
                let wanted = roles.flatMap { $0.split(separator: ",").map(String.init) }
                if let refusal = RoleName.refusal(of: wanted) {
                    throw ExitFailure(status: ExitStatus.usage, message: refusal)
                }
                let store = try OpenStore(block, roles: wanted.isEmpty ? nil : wanted)
                try check(store)
                if dryRun {
                    StandardError.say("\(name) would be made in \(store.name)\n")
                    return ExitStatus.success
                }
                let password =
                    generate ? try NewPassword.make(store) : try PasswordPrompt.read(twice: true)
                let record = try make(store, password)
                FoundUser(store: store, record: record).audit(.userCreated, settings, roles: record.roles)
                report(record, store, generate ? String(decoding: password, as: UTF8.self) : nil)
                return ExitStatus.success
            }
        }

        /// What can be refused before anybody is asked for a password.
        private func check(_ store: OpenStore) throws(ExitFailure) {
            try store.requireWritable()
            guard let loginName = LoginName(name) else { throw Self.invalidName }
            let known = try store.reading { (store) throws(StoreError) in try store.find(name: loginName) }
            if known != nil { throw taken(store) }
        }

        private func make(_ store: OpenStore, _ password: [UInt8]) throws(ExitFailure) -> UserRecord {
            switch store.accounts.register(name: Array(name.utf8), password: password) {
            case .created(let record): return record
            case .nameTaken: throw taken(store)
            case .invalidName: throw Self.invalidName
            case .weakPassword(let refusal): throw NewPassword.refused(refusal)
            case .readOnly(let reason), .unavailable(let reason):
                throw ExitFailure(status: ExitStatus.unavailable, message: "users \(store.name): \(reason)")
            }
        }

        private func report(_ record: UserRecord, _ store: OpenStore, _ password: String?) {
            if json {
                StandardOutput.write(UserReport.json(record, store.name, password: password))
                return
            }
            StandardError.say("made \(record.name.typed), id \(record.id) in \(store.name)\n")
            if let password { StandardOutput.write(password + "\n") }
        }

        private static let invalidName = ExitFailure(
            status: ExitStatus.usage,
            message: "a login name has 1 to \(LoginName.maximumCount) letters, digits or any of . _ @ + -")

        private func taken(_ store: OpenStore) -> ExitFailure {
            ExitFailure(
                status: ExitStatus.failure, message: "there is a user \"\(name)\" in \(store.name) already")
        }
    }

    /// `gatehouse user passwd`.
    struct Password: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "passwd", abstract: "Give a user a new password; ends the user's sessions.",
            aliases: ["password"])
        @OptionGroup var stores: StoreOption
        @Argument(help: "Login name or id.") var user: String
        @Flag(help: "Make a password, and print it once.") var generate = false
        @Flag(help: "Leave the user's sessions alone.") var keepSessions = false
        @Flag(help: "Say what would be done, without asking for a password.") var dryRun = false

        func run() {
            finish { () throws(ExitFailure) in
                let settings = try stores.settings()
                let found = try FoundUser.findToChange(user, settings, store: stores.store)
                if dryRun {
                    let sessions = keepSessions ? "sessions stay" : "sessions would end"
                    StandardError.say("\(found.record.name.typed) would get a new password; \(sessions)\n")
                    return ExitStatus.success
                }
                let password =
                    generate ? try NewPassword.make(found.store) : try PasswordPrompt.read(twice: true)
                switch found.store.accounts.resetPassword(id: found.record.id, new: password) {
                case .changed: break
                case .weakPassword(let refusal): throw NewPassword.refused(refusal)
                case .badCredentials:
                    throw ExitFailure(status: ExitStatus.failure, message: "the user has just been deleted")
                case .readOnly(let reason), .unavailable(let reason):
                    throw ExitFailure(
                        status: ExitStatus.unavailable, message: "users \(found.store.name): \(reason)")
                }
                found.audit(.passwordChanged, settings)
                if generate { StandardOutput.write(String(decoding: password, as: UTF8.self) + "\n") }
                StandardError.say("\(found.record.name.typed) has a new password\n")
                if !keepSessions { try UserSessions.end(found, because: .password, settings) }
                return ExitStatus.success
            }
        }
    }
}

/// Passwords that commands set.
enum NewPassword {
    /// A random one: 120 bits as 20 characters, or longer where the store wants it longer.
    static func make(_ store: OpenStore) throws(ExitFailure) -> [UInt8] {
        let wanted = max(20, min(store.settings.passwordMin, store.settings.passwordMax))
        do throws(RandomFailure) {
            let text = Base64URL.encode(try RandomBytes.make(count: (wanted * 3 + 3) / 4))
            return Array(text.prefix(min(wanted, store.settings.passwordMax)))
        } catch { throw ExitFailure(status: ExitStatus.failure, message: "no random bytes") }
    }

    /// A password that the store's rules refuse.
    static func refused(_ refusal: PasswordPolicy.Refusal) -> ExitFailure {
        ExitFailure(status: ExitStatus.failure, message: PasswordWording.text(refusal))
    }
}
