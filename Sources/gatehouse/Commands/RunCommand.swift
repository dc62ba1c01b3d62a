import ArgumentParser
import Supervisor

/// `gatehouse run`.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Serve, in the foreground.",
        discussion: """
            TERM, INT or QUIT: finish what runs, then end (status 0); a second one ends at once (status 2).
            HUP: reload the configuration. USR1: reopen log files. USR2: write the state to the log.
            """)
    @OptionGroup var file: ConfigurationOption
    @Flag(
        help: """
            End with status 69 if Redis cannot be reached at the start. Without it the gateway starts, answers 503 where \
            a session is needed, and goes on as soon as Redis is there.
            """)
    var requireRedis = false

    @Flag(
        help: """
            Take a changed configuration into use by itself, a second or two after its files, those that it includes, \
            or certificates and keys have changed. If it is wrong, the old one goes on, as with "gatehouse reload".
            """)
    var watch = false

    func run() {
        file.applyLogLevel()
        finish { () throws(ExitFailure) in
            var options = MasterOptions(provider: ConfigurationFile(path: try file.path()))
            options.requiresRedis = requireRedis
            options.watchesFiles = watch
            return Master.run(options)
        }
    }
}
