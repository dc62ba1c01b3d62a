import ArgumentParser
import Glibc
import Supervisor

/// The program's entry: the processes that the gateway starts itself, and the commands that people type.
@main
enum Gatehouse {
    static func main() {
        StandardDescriptors.ensure()
        let words = Array(CommandLine.arguments.dropFirst())
        switch words.first {
        case "worker": exit(WorkerCommand.run(Array(words.dropFirst())))
        case "redis-child": exit(RedisChild.run(Array(words.dropFirst())))
        case "handover-check": exit(HandoverCheck.run())
        case "bound-child": exit(BoundChild.run(Array(words.dropFirst())))
        case .some(let word) where RootCommand.isUnknown(word):
            refuse(word, of: RootCommand.self, "gatehouse")
        case .some(let word) where words.count > 1 && RootCommand.isUnknown(words[1], below: word):
            guard let command = RootCommand.command(word) else { exit(ExitStatus.usage) }
            refuse(words[1], of: command, "gatehouse \(word)")
        default: RootCommand.main()
        }
    }

    private static func refuse(_ word: String, of command: any ParsableCommand.Type, _ path: String) -> Never
    {
        let hint = RootCommand.suggestion(word, in: RootCommand.names(of: command))
        StandardError.write("gatehouse: there is no command \"\(word)\"\(hint)\n")
        StandardError.write("See \"\(path) --help\".\n")
        exit(ExitStatus.usage)
    }
}

/// `gatehouse`.
struct RootCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gatehouse",
        abstract: "A gateway that signs people in, and tells the application behind it who they are.",
        version: Version.text,
        subcommands: [
            RunCommand.self, DevCommand.self, InitCommand.self, CheckCommand.self, FmtCommand.self,
            DumpCommand.self, RoutesCommand.self, ExplainCommand.self, HelpCommand.self, ReloadCommand.self,
            UpgradeCommand.self, DrainCommand.self,
            StatusCommand.self, HealthCommand.self, UserCommand.self, SessionCommand.self, BanCommand.self,
            KeyCommand.self, HashCommand.self, EchoCommand.self, VersionCommand.self, CompletionCommand.self,
        ])

    static var names: [String] { names(of: Self.self) }

    static func names(of command: any ParsableCommand.Type) -> [String] {
        command.configuration.subcommands.flatMap {
            [$0.configuration.commandName].compactMap { $0 } + $0.configuration.aliases
        }
    }

    /// The command of that name.
    static func command(_ name: String) -> (any ParsableCommand.Type)? {
        configuration.subcommands.first { $0.configuration.commandName == name }
    }

    static func isUnknown(_ word: String) -> Bool { !word.hasPrefix("-") && !names.contains(word) }

    /// Whether `word` is no subcommand of `name`, which has some and does nothing without one.
    static func isUnknown(_ word: String, below name: String) -> Bool {
        guard let command = command(name), command.configuration.defaultSubcommand == nil else {
            return false
        }
        let known = names(of: command)
        return !known.isEmpty && !word.hasPrefix("-") && !known.contains(word)
    }

    /// The command that was meant, perhaps.
    static func suggestion(_ word: String, in names: [String] = names) -> String {
        let best = names.min { distance($0, word) < distance($1, word) }
        guard let best, distance(best, word) <= max(1, word.utf8.count / 3) else { return "" }
        return "; did you mean \"\(best)\"?"
    }

    /// Letters to insert, drop, change, or swap with their neighbour.
    private static func distance(_ one: String, _ other: String) -> Int {
        let (left, right) = (Array(one.utf8.prefix(64)), Array(other.utf8.prefix(64)))
        var rows = [Array(0...right.count)]
        for line in left.indices {
            var row = [line + 1]
            for column in right.indices {
                let change = rows[line][column] + (left[line] == right[column] ? 0 : 1)
                var best = min(change, rows[line][column + 1] + 1, row[column] + 1)
                if line > 0, column > 0, left[line] == right[column - 1], left[line - 1] == right[column] {
                    best = min(best, rows[line - 1][column - 1] + 1)
                }
                row.append(best)
            }
            rows.append(row)
        }
        return rows[left.count][right.count]
    }
}
