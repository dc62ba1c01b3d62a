import ArgumentParser
import GatewayConfig
import Operations
import Redis
import Supervisor
import Throttling

/// `gatehouse ban`.
struct BanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ban", abstract: "Say who may not log in, or may again.",
        discussion: """
            Works on Redis itself, whether the gateway runs or not. A ban refuses logins, and leaves sessions alone: \
            for those there is "gatehouse session kill", and for both "gatehouse user disable".
            """,
        subcommands: [List.self, Make.self, Clear.self])

    /// `gatehouse ban list`.
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List who is banned, and who is held up by a login limit.")
        @OptionGroup var file: ConfigurationOption
        @Option(
            help: ArgumentHelp("Only of this realm.", valueName: "name"), completion: ConfiguredNames.realms)
        var realm: String?
        @Flag(help: "Every failed login that is counted, also below its limit.") var all = false
        @Flag(help: "JSON instead of a table.") var json = false

        func run() {
            finish { () throws(ExitFailure) in
                let settings = try file.settings()
                let realms = try RealmChoice.names(settings, realm)
                let redis = try CommandRedis(settings)
                defer { redis.finish() }
                let entries = try BanList(redis: redis, settings: settings).read(realms, isFull: !all)
                StandardOutput.write(json ? BanList.json(entries) : BanList.table(entries))
                return ExitStatus.success
            }
        }
    }

    /// `gatehouse ban set`.
    struct Make: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "set",
            abstract: "Refuse logins of an account, from a network, or of the two together.")
        @OptionGroup var selection: BanSelection
        @Option(
            name: .customLong("for"),
            help: ArgumentHelp("How long: 30m, 12h, 7d. Default: until it is cleared.", valueName: "time"))
        var duration: String?
        @Option(help: ArgumentHelp("Shown in the list.", valueName: "text")) var reason = ""
        @Flag(help: "Say what would be done.") var dryRun = false

        func validate() throws {
            if selection.user == nil, selection.ip == nil {
                throw ValidationError("whom? --user, --ip, or both")
            }
            if reason.utf8.count > 500 { throw ValidationError("a reason has at most 500 bytes") }
        }

        func run() {
            finish { () throws(ExitFailure) in
                let settings = try selection.file.settings()
                let realms = try selection.realms(settings)
                let life = try duration.map { (text) throws(ExitFailure) in try TimeText.milliseconds(text) }
                guard let (kind, subject) = try selection.subject(), life ?? 1 > 0 else {
                    throw ExitFailure(status: ExitStatus.usage, message: "a ban takes some time")
                }
                let who = String(decoding: subject, as: UTF8.self)
                let end = duration.map { "for \($0)" } ?? "until it is cleared"
                let text =
                    "\(who) \(dryRun ? "would be" : "is") banned in \(realms.joined(separator: ", ")) \(end)\n"
                guard !dryRun else {
                    StandardError.say(text)
                    return ExitStatus.success
                }
                let redis = try CommandRedis(settings)
                defer { redis.finish() }
                for realm in realms {
                    let key = BanList(redis: redis, settings: settings).keys(realm).ban(kind, subject)
                    let life = life.map { [Array("PX".utf8), Array(String($0).utf8)] } ?? []
                    _ = try redis.call(RedisCommand("SET", [key, Array(reason.utf8)] + life))
                    CommandAudit.report(
                        .banSet,
                        [
                            ("realm", realm), ("kind", kind.rawValue), ("subject", who),
                            ("lasts", duration ?? "ever"),
                            ("reason", reason),
                        ], settings: settings)
                }
                StandardError.say(text)
                return ExitStatus.success
            }
        }
    }

    /// `gatehouse ban clear`.
    struct Clear: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "clear",
            abstract: "Lift bans and forget failed logins: status 4 if there was nothing to clear.",
            discussion: """
                gatehouse ban clear --user anna               all of an account, from everywhere
                gatehouse ban clear --ip 192.0.2.7            all of a network, for every account
                gatehouse ban clear --user anna --ip 192.0.2.7
                gatehouse ban clear --all
                """)
        @OptionGroup var selection: BanSelection
        @Flag(help: "Everything.") var all = false
        @Flag(help: "Show what would be cleared, and clear nothing.") var dryRun = false

        func validate() throws {
            let isNamed = selection.user != nil || selection.ip != nil
            if all == isNamed { throw ValidationError("say what: --user, --ip, both, or --all") }
        }

        func run() {
            finish { () throws(ExitFailure) in
                let settings = try selection.file.settings()
                let (realms, wanted) = (try selection.realms(settings), try selection.subject())
                let redis = try CommandRedis(settings)
                defer { redis.finish() }
                let entries = try BanList(redis: redis, settings: settings).read(realms, isFull: false)
                    .filter { entry in wanted.map { Self.takes(entry, $0.kind, $0.subject) } ?? true }
                guard !entries.isEmpty else {
                    throw ExitFailure(
                        status: SessionCommand.nothingMatched, message: "there is nothing to clear")
                }
                if dryRun {
                    StandardOutput.write(BanList.table(entries))
                    return ExitStatus.success
                }
                for entry in entries {
                    _ = try redis.call(RedisCommand("DEL", [entry.key]))
                    Self.audit(entry, settings)
                }
                StandardError.say("cleared \(entries.count)\n")
                return ExitStatus.success
            }
        }

        /// Whom failed logins were about is not said: it may be what somebody typed by mistake.
        private static func audit(_ entry: BanList.Entry, _ settings: Settings) {
            let subject = entry.isBan ? [("subject", entry.text)] : [("failures", "\(entry.failures)")]
            CommandAudit.report(
                .banCleared, [("realm", entry.realm), ("kind", entry.kind.rawValue)] + subject,
                settings: settings)
        }

        /// The subject itself, and for an account or a network alone also the pairs that it is part of.
        private static func takes(
            _ entry: BanList.Entry, _ kind: LoginLimit.Kind, _ subject: [UInt8]
        ) -> Bool {
            if entry.kind == kind || entry.kind == .registration && kind == .ip {
                return entry.subject == subject
            }
            guard entry.kind == .accountAndIP, let colon = entry.subject.firstIndex(of: UInt8(ascii: ":"))
            else { return false }
            return kind == .account
                ? entry.subject[..<colon].elementsEqual(subject)
                : entry.subject[(colon + 1)...].elementsEqual(subject)
        }
    }
}
