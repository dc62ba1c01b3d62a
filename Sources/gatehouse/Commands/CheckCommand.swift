import Accounts
public import ArgumentParser
import GatewayConfig
import Supervisor

/// `gatehouse check`.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check a configuration: status 0, or 78 if it has errors.")
    @Argument(help: "The file. Default: as for --config.", completion: .file(extensions: ["conf"]))
    var file: String?
    @OptionGroup var usual: ConfigurationOption
    @Flag(help: "Warnings count as errors.") var strict = false
    @Flag(help: "Also try Redis, the user stores and the upstreams: status 69 if one cannot be reached.")
    var connect = false
    @Option(help: "text, json, or gcc for editors and CI systems.") var format = DiagnosticFormat.text

    func validate() throws {
        if file != nil, usual.config != nil {
            throw ValidationError("name the file once: as an argument or with --config")
        }
    }

    /// What is wrong in files of users, for which a start would be refused.
    private static func users(_ settings: Settings) -> [Diagnostic] {
        settings.users.flatMap { users -> [Diagnostic] in
            guard case .file(let path, _) = users.store else { return [] }
            return FileUserStore.findings(path: path).map { finding in
                Diagnostic(
                    file: path, line: finding.line, severity: finding.isFault ? .error : .warning,
                    code: finding.isFault ? "E406" : "W517",
                    message: finding.isFault ? "users \(users.name): \(finding.message)" : finding.message,
                    hints: finding.isFault
                        ? ["each line is name:hash or name:hash:role,role"] : ["make one: gatehouse hash"])
            }
        }
    }

    func run() {
        finish { () throws(ExitFailure) in
            let path = if let file { file } else { try usual.path() }
            let result = loadSettings(path: path, source: SystemSource())
            if let unreadable = result.unreadable {
                throw ExitFailure(status: ExitStatus.noInput, message: "\(path): \(unreadable.message)")
            }
            var found = result.diagnostics
            if let settings = result.settings { found += Self.users(settings) }
            let isWrong = found.contains { $0.severity == .error }
            if connect, !isWrong, let settings = result.settings {
                var check = ConnectCheck(settings, path: path)
                check.run()
                found += check.diagnostics
            }
            StandardOutput.write(format.render(found, path: path))
            let warnings = found.count { $0.severity == .warning }
            if isWrong || strict && warnings > 0 { return ExitStatus.configuration }
            if found.count > warnings { return ExitStatus.unavailable }
            if warnings == 0 { StandardError.say("\(path): good\n") }
            return ExitStatus.success
        }
    }
}

extension DiagnosticFormat: ExpressibleByArgument {}
