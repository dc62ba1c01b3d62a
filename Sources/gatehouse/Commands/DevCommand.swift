import ArgumentParser
import Glibc
import Supervisor

/// `gatehouse dev`.
struct DevCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dev", abstract: "Try it without a file: on this machine alone, with a user \"dev\".",
        discussion: """
            Keeps users and sessions in $XDG_STATE_HOME/gatehouse/dev (else ~/.local/state/gatehouse/dev), starts a \
            Redis of its own there, takes the next free port from 8080 on, and stands in front of your application \
            or of the sample API.
            """)
    @Option(
        help: ArgumentHelp(
            "Your application: host:port or unix:/path. Default: the sample API.", valueName: "address"))
    var upstream: String?
    @Option(help: ArgumentHelp("A Redis that runs already: redis://host:port/db.", valueName: "url"))
    var redis: String?

    func run() {
        finish { () throws(ExitFailure) in
            let environment = try DevEnvironment(upstream: upstream, redis: redis)
            let password = Password()
            var options = MasterOptions(provider: environment.file)
            options.isUpgradable = false
            if upstream == nil {
                options.companions = [["echo", "--quiet", "--listen", environment.sampleAddress]]
            }
            options.onPrepared = { (_, _) throws(ExitFailure) in
                password.text = try DevUser.create(path: environment.usersPath)
            }
            options.onServing = { StandardError.write(Self.instructions(environment, password.text)) }
            return Master.run(options)
        }
    }

    /// Known once the store is open.
    private final class Password { var text: String? }

    private static func instructions(_ environment: DevEnvironment, _ password: String?) -> String {
        let user =
            password.map { "\(DevUser.name), password \($0)   (shown this once)" }
            ?? "\(DevUser.name), with the password shown when it was made; to start anew: rm -r \(environment.state)"
        return """

            Open   http://127.0.0.1:\(environment.port)/
            User   \(user)
            In front of \(environment.upstream ?? "the sample API, which shows the requests it gets")
            Ctrl-C ends it.


            """
    }
}
