import ArgumentParser
import Glibc
import Supervisor

/// The program's entry: the processes that the gateway starts itself, and the commands that people type.
@main
enum Gatehouse {
    static func main() {
        let words = Array(CommandLine.arguments.dropFirst())
        switch words.first {
        case "worker": exit(WorkerCommand.run(Array(words.dropFirst())))
        case "redis-child": exit(RedisChild.run(Array(words.dropFirst())))
        case "bound-child": exit(BoundChild.run(Array(words.dropFirst())))
        case .some(let word) where RootCommand.isUnknown(word):
            StandardError.write("gatehouse: there is no command \"\(word)\"\(RootCommand.suggestion(word))\n")
            StandardError.write("See \"gatehouse --help\".\n")
            exit(ExitStatus.usage)
        default: RootCommand.main()
        }
    }
}

/// `gatehouse`.
struct RootCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gatehouse",
        abstract: "A gateway that signs people in, and tells the application behind it who they are.",
        version: Version.text,
        subcommands: [
            RunCommand.self, DevCommand.self, InitCommand.self, CheckCommand.self, HelpCommand.self,
            ReloadCommand.self, StatusCommand.self, HealthCommand.self, EchoCommand.self, KeyCommand.self,
            HashCommand.self, VersionCommand.self,
        ])

    static var names: [String] { configuration.subcommands.compactMap { $0.configuration.commandName } }

    static func isUnknown(_ word: String) -> Bool { !word.hasPrefix("-") && !names.contains(word) }

    /// The command that was meant, perhaps.
    static func suggestion(_ word: String) -> String {
        let best = names.min { distance($0, word) < distance($1, word) }
        guard let best, distance(best, word) <= max(1, word.utf8.count / 3) else { return "" }
        return "; did you mean \"\(best)\"?"
    }

    /// Letters to insert, drop or change (Levenshtein).
    private static func distance(_ one: String, _ other: String) -> Int {
        let letters = Array(other.utf8)
        var row = Array(0...letters.count)
        for (line, letter) in one.utf8.prefix(64).enumerated() {
            var previous = row[0]
            row[0] = line + 1
            for column in letters.indices {
                let change = previous + (letters[column] == letter ? 0 : 1)
                previous = row[column + 1]
                row[column + 1] = min(change, previous + 1, row[column] + 1)
            }
        }
        return row[letters.count]
    }
}
