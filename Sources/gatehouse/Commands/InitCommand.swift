import ArgumentParser
import GatewayConfig
import Supervisor

/// `gatehouse init`.
struct InitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Write a commented configuration to standard output.",
        discussion: "gatehouse init > gateway.conf")
    @Option(help: ArgumentHelp("Your application: host:port or unix:/path.", valueName: "address"))
    var upstream: String?
    @Flag(help: "Every directive, with its default.") var full = false

    func run() {
        StandardOutput.write(full ? fullExample(upstream: upstream) : commentedExample(upstream: upstream))
    }
}
