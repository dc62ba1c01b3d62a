import ArgumentParser
import GatewayConfig
import Glibc
import Supervisor

/// Which configuration a command is about.
struct ConfigurationOption: ParsableArguments {
    @Option(
        name: [.customShort("c"), .customLong("config")],
        help: ArgumentHelp(
            "The configuration file. Default: $GATEHOUSE_CONFIG, else ./gateway.conf, else /etc/gatehouse/gateway.conf.",
            valueName: "file"),
        completion: .file(extensions: ["conf"]))
    var config: String?
    @Flag(name: .shortAndLong, help: "Say nothing but errors; with run: log warnings and errors only.")
    var quiet = false
    @Flag(name: .shortAndLong, help: "Say which file is used; with run: log at level debug.")
    var verbose = false

    func validate() throws {
        if quiet, verbose { throw ValidationError("--quiet or --verbose") }
        if quiet { StandardError.beQuiet() }
    }

    /// Has the processes of the gateway log as much as was asked for, whatever the file says.
    func applyLogLevel() {
        if quiet { setenv("GATEHOUSE_LOG_LEVEL", "warning", 1) }
        if verbose { setenv("GATEHOUSE_LOG_LEVEL", "debug", 1) }
    }

    /// The file to use.
    ///
    /// - Throws: `ExitFailure` with status 66 if none was named and there is none in the usual places.
    func path() throws(ExitFailure) -> String {
        let path = try Self.path(named: config)
        if verbose { StandardError.write("gatehouse: configuration \(path)\n") }
        return path
    }

    /// The file called `config`, else the one in the usual places.
    ///
    /// - Throws: as `path()`.
    static func path(named config: String?) throws(ExitFailure) -> String {
        if let config { return config }
        if let named = getenv("GATEHOUSE_CONFIG").map({ String(cString: $0) }), !named.isEmpty {
            return named
        }
        for candidate in ["gateway.conf", "/etc/gatehouse/gateway.conf"] where access(candidate, F_OK) == 0 {
            return candidate
        }
        throw ExitFailure(
            status: ExitStatus.noInput,
            message: """
                there is no gateway.conf here, and no /etc/gatehouse/gateway.conf; \
                make one with "gatehouse init > gateway.conf", name one with --config, \
                or try "gatehouse dev", which needs none
                """)
    }

    /// What it says.
    ///
    /// - Throws: `ExitFailure` with status 66 or 78; the errors have been written to standard error then.
    func settings() throws(ExitFailure) -> Settings {
        let path = try path()
        let reading = ConfigurationFile(path: path).read()
        if let settings = reading.settings { return settings }
        if reading.isUnreadable { throw ExitFailure(status: ExitStatus.noInput, message: reading.summary) }
        StandardError.write(reading.report)
        throw ExitFailure(status: ExitStatus.configuration, message: reading.summary)
    }
}

/// Runs the body of a command and ends the process as it says.
func finish(_ body: () throws(ExitFailure) -> Int32) -> Never {
    do throws(ExitFailure) { exit(try body()) } catch {
        if !error.message.isEmpty { StandardError.write("gatehouse: \(error.message)\n") }
        exit(error.status)
    }
}
