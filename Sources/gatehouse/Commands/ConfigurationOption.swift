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

    /// The file to use.
    ///
    /// - Throws: `ExitFailure` with status 66 if none was named and there is none in the usual places.
    func path() throws(ExitFailure) -> String {
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
