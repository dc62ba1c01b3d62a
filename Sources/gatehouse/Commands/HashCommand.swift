import Accounts
import ArgumentParser
import Supervisor

/// `gatehouse hash`.
struct HashCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hash", abstract: "Hash a password, or check one against a hash.",
        discussion:
            "The password is asked for, or read from standard input; never an argument, where others see it.",
        subcommands: [Make.self, Verify.self], defaultSubcommand: Make.self)

    /// `gatehouse hash make`.
    struct Make: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "make",
            abstract: "Hash a password, or find how strong a hash this machine can afford.",
            discussion: """
                gatehouse hash                              hashes a password
                gatehouse hash --tune 250ms                 prints the line for gateway.conf, and what it takes
                gatehouse hash --tune 250ms --algorithm bcrypt
                """)
        @Option(help: "argon2id or bcrypt.") var algorithm = Algorithm.argon2id
        @Option(help: ArgumentHelp("bcrypt: the cost, 4 to 16.", valueName: "n")) var cost = 12
        @Option(help: ArgumentHelp("argon2id: memory in KiB.", valueName: "n")) var memory = 19 << 10
        @Option(help: ArgumentHelp("argon2id: passes.", valueName: "n")) var passes = 2
        @Option(help: ArgumentHelp("argon2id: lanes.", valueName: "n")) var lanes = 1

        @Option(
            help: ArgumentHelp(
                "Hash nothing: measure what takes about this long here, 10ms to 10s.", valueName: "time"))
        var tune: String?

        func run() {
            finish { () throws(ExitFailure) in
                if let tune { return try HashTuner.run(tune, algorithm) }
                let kind: HashKind =
                    switch algorithm {
                    case .argon2id: .argon2id(memoryKiB: memory, passes: passes, lanes: lanes)
                    case .bcrypt: .bcrypt(cost: cost)
                    }
                if let refusal = kind.refusal {
                    throw ExitFailure(status: ExitStatus.usage, message: refusal)
                }
                let password = try PasswordPrompt.read(twice: true)
                do throws(HashFailure) {
                    StandardOutput.write(try PasswordHasher().hash(password, kind: kind) + "\n")
                    return ExitStatus.success
                } catch { throw ExitFailure(status: ExitStatus.failure, message: "\(error)") }
            }
        }
    }

    /// `gatehouse hash verify`.
    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "verify",
            abstract: "Check a password against a hash: status 0 if they belong together, else 1.")
        @Argument(help: "The hash.") var hash: String

        func run() {
            finish { () throws(ExitFailure) in
                let password = try PasswordPrompt.read(twice: false)
                do throws(HashFailure) {
                    let isRight = try PasswordHasher().verify(password, against: try PasswordHash(hash))
                    StandardError.say(isRight ? "they belong together\n" : "they do not belong together\n")
                    return isRight ? ExitStatus.success : ExitStatus.failure
                } catch { throw ExitFailure(status: ExitStatus.failure, message: "\(error)") }
            }
        }
    }

    /// What hashes are made with.
    enum Algorithm: String, CaseIterable, ExpressibleByArgument { case argon2id, bcrypt }
}
