import Accounts
import ArgumentParser
import GatewayConfig
import Supervisor
import Transport

/// Which sessions a command is about.
struct SessionSelection: ParsableArguments {
    @OptionGroup var file: ConfigurationOption
    @Option(help: ArgumentHelp("Sessions of this user: login name or id.", valueName: "user"))
    var user: String?
    @Option(
        help: ArgumentHelp("Sessions of this realm.", valueName: "name"), completion: ConfiguredNames.realms)
    var realm: String?
    @Option(help: ArgumentHelp("Sessions that began at an address in this network.", valueName: "cidr"))
    var ip: String?
    @Option(help: ArgumentHelp("Sessions unused for at least this long: 30m, 12h, 7d.", valueName: "time"))
    var idleOver: String?

    /// Whether it says anything.
    var isEmpty: Bool { user == nil && realm == nil && ip == nil && idleOver == nil }

    /// The realms meant.
    ///
    /// - Throws: `ExitFailure` with status 64 for one that there is not.
    func realms(_ settings: Settings) throws(ExitFailure) -> [String] {
        try RealmChoice.names(settings, realm)
    }

    /// What it says, and `handles` if there are any.
    ///
    /// - Throws: `ExitFailure` with status 64.
    func filter(handles: [String] = []) throws(ExitFailure) -> SessionScan.Filter {
        var filter = SessionScan.Filter(now: Clock.wallMilliseconds())
        filter.handles = Set(handles)
        if let user {
            filter.users = [user]
            if let name = LoginName(user) { filter.users.insert(name.canonical) }
        }
        if let ip {
            guard let range = AddressText.range(ip) else {
                throw ExitFailure(
                    status: ExitStatus.usage,
                    message: "\"\(ip)\" is not an address or network, as 192.0.2.0/24 is")
            }
            filter.network = range
        }
        if let idleOver { filter.idleOver = try TimeText.milliseconds(idleOver) }
        return filter
    }
}

/// Lengths of time on the command line.
enum TimeText {
    private static let units: [(suffix: String, milliseconds: Int64)] = [
        ("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
    ]

    /// `30s`, `5m`, `2h`, `30d`.
    ///
    /// - Throws: `ExitFailure` with status 64.
    static func milliseconds(_ text: String) throws(ExitFailure) -> Int64 {
        for (suffix, factor) in units where text.hasSuffix(suffix) {
            let digits = text.dropLast(suffix.count)
            guard !digits.isEmpty, digits.utf8.allSatisfy({ 48...57 ~= $0 }), let number = Int64(digits)
            else { continue }
            let product = number.multipliedReportingOverflow(by: factor)
            if !product.overflow { return product.partialValue }
        }
        throw ExitFailure(
            status: ExitStatus.usage, message: "\"\(text)\" is not a time with a unit: 30s 5m 2h 30d")
    }
}
