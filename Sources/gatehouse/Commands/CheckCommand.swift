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
    @Option(help: "text, json, or gcc for editors and CI systems.") var format = DiagnosticFormat.text

    func validate() throws {
        if file != nil, usual.config != nil {
            throw ValidationError("name the file once: as an argument or with --config")
        }
    }

    func run() {
        finish { () throws(ExitFailure) in
            let path = if let file { file } else { try usual.path() }
            let result = loadSettings(path: path, source: SystemSource())
            if let unreadable = result.unreadable {
                throw ExitFailure(status: ExitStatus.noInput, message: "\(path): \(unreadable.message)")
            }
            StandardOutput.write(format.render(result.diagnostics, path: path))
            let isWrong = result.errorCount > 0 || strict && result.warningCount > 0
            if isWrong { return ExitStatus.configuration }
            if result.warningCount == 0 { StandardError.write("\(path): good\n") }
            return ExitStatus.success
        }
    }
}

extension DiagnosticFormat: ExpressibleByArgument {}
