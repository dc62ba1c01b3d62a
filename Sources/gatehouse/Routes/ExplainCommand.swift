import Access
import Accounts
import ArgumentParser
import GatewayConfig
import HTTP1
import Supervisor

/// `gatehouse explain`.
struct ExplainCommand: ParsableCommand {
    /// The request is not let through.
    static let denied: Int32 = 3

    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Say what would happen to a request, and why: status 0 if it is let through, else 3.",
        discussion: """
            gatehouse explain GET https://shop.example.org/api/orders
            gatehouse explain POST /api/orders --user anna --header "Origin: https://other.example"
            gatehouse explain GET /admin --role admin
            """)
    @OptionGroup var file: ConfigurationOption
    @Argument(
        help: "GET, POST, ...",
        completion: .list(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]))
    var method: String
    @Argument(help: "https://host/path, or /path on the first site.", completion: ConfiguredNames.routes)
    var url: String
    @Option(help: ArgumentHelp("Ask as this user: login name or id.", valueName: "user")) var user: String?
    @Option(
        help: ArgumentHelp("Ask as somebody with this role.", valueName: "role"),
        completion: ConfiguredNames.roles)
    var role: [String] = []
    @Option(
        name: [.customShort("H"), .long],
        help: ArgumentHelp("A header of the request: \"Name: value\".", valueName: "header"))
    var header: [String] = []
    @Flag(help: "JSON instead of words.") var json = false

    func validate() throws {
        if user != nil, !role.isEmpty { throw ValidationError("either --user or --role") }
    }

    func run() {
        finish { () throws(ExitFailure) in
            let settings = try file.settings()
            let asked = try ExplainedRequest.make(
                method: method, url: url, headers: header, defaultHost: Self.defaultHost(settings))
            let explanation = Explanation(asked.bytes, settings)
            let identity = try identity(settings, explanation.route)
            let report = ExplanationReport(
                explanation, asked: "\(method) \(asked.host)\(asked.target)", identity: identity)
            StandardOutput.write(json ? report.json : report.text)
            return report.outcome.isAllowed ? ExitStatus.success : Self.denied
        }
    }

    private static func defaultHost(_ settings: Settings) -> String {
        let host = settings.sites.first?.hosts.first ?? "*"
        if host == "*" { return "localhost" }
        return host.hasPrefix("*.") ? "any" + host.dropFirst() : host
    }

    private func identity(
        _ settings: Settings, _ route: RouteSettings?
    ) throws(ExitFailure) -> ExplainedIdentity? {
        if !role.isEmpty { return ExplainedIdentity(roles: role) }
        guard let user else { return nil }
        let store = route?.realm.map { settings.users[settings.realms[$0].users].name }
        let found = try FoundUser.find(user, settings, store: store)
        let record = found.record
        if record.isDisabled {
            StandardError.write("\(record.name.typed) is disabled and has no session\n")
            return nil
        }
        return ExplainedIdentity(
            name: record.name.canonical, id: record.id.text, roles: record.roles)
    }
}
