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

    func run() {
        finish { () throws(ExitFailure) in
            Master.run(MasterOptions(provider: ConfigurationFile(path: try file.path())))
        }
    }
}
