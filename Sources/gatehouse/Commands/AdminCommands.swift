import ArgumentParser
import Glibc
import Supervisor

/// `gatehouse reload`.
struct ReloadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload", abstract: "Have the running gateway read its configuration again.",
        discussion: """
            Waits for the verdict. Status 0: the new configuration serves. 1: it could not be put to work. \
            78: it has errors. In both cases the old one goes on serving.
            """)
    @OptionGroup var gateway: RunningGateway

    func run() {
        finish { () throws(ExitFailure) in
            let answer = try gateway.client().request("POST", "/reload", accept: "text/plain")
            answer.exitStatus == ExitStatus.success
                ? StandardError.say(answer.text) : StandardError.write(answer.text)
            return answer.exitStatus
        }
    }
}

/// `gatehouse status`.
struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show what the running gateway is doing.")
    @OptionGroup var gateway: RunningGateway
    @Flag(help: "JSON instead of a table.") var json = false

    func run() {
        finish { () throws(ExitFailure) in
            let answer = try gateway.client().request(
                "GET", "/status", accept: json ? "application/json" : "text/plain")
            StandardOutput.write(answer.text)
            return answer.status == 200 ? ExitStatus.success : ExitStatus.failure
        }
    }
}

/// `gatehouse health`.
struct HealthCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health", abstract: "Ask the running gateway whether it is ready: status 0 or 1.")
    @OptionGroup var gateway: RunningGateway

    func run() {
        finish { () throws(ExitFailure) in
            do throws(ExitFailure) {
                let answer = try gateway.client().request("GET", "/readyz")
                let isReady = answer.status == 200
                isReady ? StandardError.say(answer.text) : StandardError.write(answer.text)
                return isReady ? ExitStatus.success : ExitStatus.failure
            } catch {
                throw ExitFailure(status: ExitStatus.failure, message: error.message)
            }
        }
    }
}

/// `gatehouse drain`.
struct DrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain", abstract: "Have the running gateway finish what runs, and end.",
        discussion: """
            As SIGTERM does: not ready from now on, then no new connection, then the end, after "shutdown" at the \
            latest. Waits until the gateway has ended: status 0. 69: none is running.
            """)
    @OptionGroup var gateway: RunningGateway
    @Flag(help: "Do not wait for the end.") var noWait = false

    func run() {
        finish { () throws(ExitFailure) in
            let client = try gateway.client()
            let answer = try client.request("POST", "/drain", accept: "text/plain")
            guard answer.exitStatus == ExitStatus.success else {
                StandardError.write(answer.text)
                return answer.exitStatus
            }
            StandardError.say(answer.text)
            if noWait { return ExitStatus.success }
            while client.isAnswered() { usleep(100_000) }
            StandardError.say("ended\n")
            return ExitStatus.success
        }
    }
}

/// How to find the running gateway.
struct RunningGateway: ParsableArguments {
    @OptionGroup var file: ConfigurationOption
    @Option(
        help: ArgumentHelp(
            "The gateway's state directory. Default: what the configuration says.", valueName: "dir"),
        completion: .directory)
    var state: String?

    func client() throws(ExitFailure) -> AdminClient {
        if let state { return AdminClient(stateDirectory: state) }
        return AdminClient(stateDirectory: ConfigurationFile(path: try file.path()).runningStateDirectory())
    }
}
