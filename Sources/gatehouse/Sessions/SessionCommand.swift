import ArgumentParser
import GatewayConfig
import Supervisor
import Transport

/// `gatehouse session`.
struct SessionCommand: ParsableCommand {
    /// Nothing matched.
    static let nothingMatched: Int32 = 4

    static let configuration = CommandConfiguration(
        commandName: "session", abstract: "List, show and end sessions.",
        discussion: "Works on Redis itself, whether the gateway runs or not.",
        subcommands: [List.self, Show.self, Kill.self])

    /// `gatehouse session list`.
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List the live sessions, the oldest first.")
        @OptionGroup var selection: SessionSelection
        @Flag(help: "JSON instead of a table.") var json = false

        func run() {
            finish { () throws(ExitFailure) in
                let settings = try selection.file.settings()
                let (realms, filter) = (try selection.realms(settings), try selection.filter())
                let redis = try CommandRedis(settings)
                defer { redis.finish() }
                let found = try SessionScan(redis: redis, settings: settings).find(realms: realms, filter)
                StandardOutput.write(
                    json ? SessionReport.json(found) : SessionReport.table(found, now: filter.now))
                return ExitStatus.success
            }
        }
    }

    /// `gatehouse session show`.
    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Show one session: status 4 if there is none.")
        @OptionGroup var file: ConfigurationOption
        @Argument(help: "The session's id, as lists and logs show it.") var id: String
        @Flag(help: "JSON instead of lines.") var json = false

        func run() {
            finish { () throws(ExitFailure) in
                let settings = try file.settings()
                var filter = SessionScan.Filter(now: Clock.wallMilliseconds())
                filter.handles = [id]
                let redis = try CommandRedis(settings)
                defer { redis.finish() }
                let found = try SessionScan(redis: redis, settings: settings).find(
                    realms: settings.realms.map(\.name), filter)
                guard let session = found.first else {
                    throw ExitFailure(
                        status: SessionCommand.nothingMatched, message: "there is no session \"\(id)\"")
                }
                StandardOutput.write(json ? SessionReport.json(session) : SessionReport.lines(session))
                return ExitStatus.success
            }
        }
    }

    /// `gatehouse session kill`.
    struct Kill: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "kill", abstract: "End sessions: status 4 if none matched.",
            discussion: """
                gatehouse session kill 9f2c4e1ab07d3358
                gatehouse session kill --user anna
                gatehouse session kill --realm backoffice --idle-over 12h
                gatehouse session kill --all
                """,
            aliases: ["end"])
        @Argument(help: "Ids, as lists and logs show them.") var ids: [String] = []
        @OptionGroup var selection: SessionSelection
        @Flag(help: "Every session of every realm; asks first.") var all = false
        @Flag(name: .shortAndLong, help: "Do not ask.") var yes = false
        @Flag(help: "Show which would end, and end none.") var dryRun = false
        @Flag(help: "JSON instead of a table.") var json = false

        func validate() throws {
            if all, !ids.isEmpty || !selection.isEmpty {
                throw ValidationError("--all is every session; leave the rest away")
            }
            if !all, ids.isEmpty, selection.isEmpty {
                throw ValidationError("say which: ids, --user, --realm, --ip, --idle-over, or --all")
            }
        }

        func run() {
            finish { () throws(ExitFailure) in
                let settings = try selection.file.settings()
                let (realms, filter) = (
                    try selection.realms(settings), try selection.filter(handles: ids)
                )
                let redis = try CommandRedis(settings)
                defer { redis.finish() }
                let scan = SessionScan(redis: redis, settings: settings)
                let found = try scan.find(realms: realms, filter)
                if json || dryRun {
                    StandardOutput.write(
                        json ? SessionReport.json(found) : SessionReport.table(found, now: filter.now))
                }
                guard !found.isEmpty else {
                    throw ExitFailure(
                        status: SessionCommand.nothingMatched, message: "no session matches")
                }
                if dryRun {
                    StandardError.say("\(Self.count(found.count)) would end\n")
                    return ExitStatus.success
                }
                try confirm(found.count)
                var ended = 0
                // Told also if it breaks off in the middle.
                var audit = SessionAudit(settings)
                defer { audit.finish() }
                try scan.end(found) { session in
                    audit.add(session)
                    ended += 1
                }
                StandardError.say("\(Self.count(ended)) ended\n")
                return ended > 0 ? ExitStatus.success : SessionCommand.nothingMatched
            }
        }

        private func confirm(_ count: Int) throws(ExitFailure) {
            guard all, !yes else { return }
            if Confirmation.ask("End all \(Self.count(count))?", unattended: false) { return }
            throw ExitFailure(status: ExitStatus.usage, message: "nothing ended; --all wants --yes")
        }

        private static func count(_ number: Int) -> String {
            number == 1 ? "1 session" : "\(number) sessions"
        }
    }
}
