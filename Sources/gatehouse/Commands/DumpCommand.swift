import ArgumentParser
import GatewayConfig
import Supervisor

/// `gatehouse dump`.
struct DumpCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dump",
        abstract: "Show the configuration as it counts: includes and variables resolved, secrets hidden.",
        discussion: "Behind each line stands where it comes from.")
    @Argument(help: "The file. Default: as for --config.", completion: .file(extensions: ["conf"]))
    var file: String?
    @OptionGroup var usual: ConfigurationOption
    @Flag(help: "Also what is left out, with its default.") var defaults = false

    func validate() throws {
        if file != nil, usual.config != nil {
            throw ValidationError("name the file once: as an argument or with --config")
        }
    }

    func run() {
        finish { () throws(ExitFailure) in
            let path = if let file { file } else { try usual.path() }
            let (text, result) = dumpConfiguration(path: path, source: SystemSource(), defaults: defaults)
            if let unreadable = result.unreadable {
                throw ExitFailure(status: ExitStatus.noInput, message: "\(path): \(unreadable.message)")
            }
            StandardError.write(DiagnosticFormat.text.render(result.diagnostics, path: path))
            guard let text else { return ExitStatus.configuration }
            StandardOutput.write(text)
            return ExitStatus.success
        }
    }
}
