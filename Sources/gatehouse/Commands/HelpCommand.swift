import ArgumentParser
import GatewayConfig
import Supervisor

/// `gatehouse help`: of commands, and of the directives of gateway.conf.
struct HelpCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "help", abstract: "Explain a directive of gateway.conf, or a command.")
    @Argument(
        help: "A directive (\"help route\") or a command (\"help run\"). None: the commands.",
        completion: .custom { _, _, _ in RootCommand.names + directiveNames })
    var topic: [String] = []
    @Flag(help: "List all directives.") var directives = false

    func run() {
        finish { () throws(ExitFailure) in
            if directives {
                StandardOutput.write(directiveNames.map { $0 + "\n" }.joined())
                return ExitStatus.success
            }
            guard let word = topic.first else {
                StandardOutput.write(RootCommand.helpMessage() + "\n")
                return ExitStatus.success
            }
            // Some words are both, as "health" may be one day: then both are told.
            let parts = [commandHelp(), directiveHelp(word)].compactMap { $0 }
            guard !parts.isEmpty else { throw Self.unknown(word) }
            StandardOutput.write(parts.joined(separator: "\n"))
            return ExitStatus.success
        }
    }

    private func commandHelp() -> String? {
        var command: any ParsableCommand.Type = RootCommand.self
        for word in topic {
            let known = command.configuration.subcommands
            guard let next = known.first(where: { $0.configuration.commandName == word }) else { return nil }
            command = next
        }
        return RootCommand.helpMessage(for: command) + "\n"
    }

    private static func unknown(_ word: String) -> ExitFailure {
        let hint =
            directiveSuggestion(for: word).map { "; did you mean \"\($0)\"?" }
            ?? RootCommand.suggestion(word)
        return ExitFailure(
            status: ExitStatus.usage, message: "there is no directive and no command \"\(word)\"\(hint)")
    }
}
