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

    /// Files of users, which a start would refuse.
    private static func checkFiles(_ settings: Settings?) throws(ExitFailure) {
        for users in settings?.users ?? [] {
            guard case .file(let path, _) = users.store else { continue }
            do throws(StoreError) {
                let store = try FileUserStore(path: path)
                for user in store.unusableHashes {
                    StandardError.write("\(path):\(user.line): warning: user \(user.id): \(user.reason)\n")
                }
            } catch {
                throw ExitFailure(
                    status: ExitStatus.configuration, message: "users \(users.name): \(error)")
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
            if connect, let settings = result.settings {
                var check = ConnectCheck(settings, path: path)
                check.run()
                found += check.diagnostics
            }
            StandardOutput.write(format.render(found, path: path))
            let warnings = found.count { $0.severity == .warning }
            if result.errorCount > 0 || strict && warnings > 0 { return ExitStatus.configuration }
            try Self.checkFiles(result.settings)
            if found.count > warnings { return ExitStatus.unavailable }
            if warnings == 0 { StandardError.say("\(path): good\n") }
            return ExitStatus.success
        }
    }
}

extension DiagnosticFormat: ExpressibleByArgument {}
