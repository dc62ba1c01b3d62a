import Accounts
import ArgumentParser
import GatewayConfig
import Supervisor
import Throttling

/// Whom a ban is about.
struct BanSelection: ParsableArguments {
    @OptionGroup var file: ConfigurationOption
    @Option(help: ArgumentHelp("A login name, whether or not there is such an account.", valueName: "name"))
    var user: String?
    @Option(
        help: ArgumentHelp(
            "An address; of an IPv6 one its /64. With --user: only the two together.", valueName: "address"))
    var ip: String?
    @Option(
        help: ArgumentHelp("Only in this realm. Default: in all.", valueName: "name"),
        completion: ConfiguredNames.realms)
    var realm: String?

    /// The realms meant.
    ///
    /// - Throws: `ExitFailure` with status 64 for one that there is not.
    func realms(_ settings: Settings) throws(ExitFailure) -> [String] {
        try RealmChoice.names(settings, realm)
    }

    /// Kind and subject; nil if neither is given.
    ///
    /// - Throws: `ExitFailure` with status 64.
    func subject() throws(ExitFailure) -> (kind: LoginLimit.Kind, subject: [UInt8])? {
        let account = try user.map { (text) throws(ExitFailure) in try Self.account(text) }
        let network = try ip.map { (text) throws(ExitFailure) in try Self.network(text) }
        let kind: LoginLimit.Kind
        switch (account, network) {
        case (nil, nil): return nil
        case (_?, nil): kind = .account
        case (nil, _?): kind = .ip
        case (_?, _?): kind = .accountAndIP
        }
        let subject = LoginSubject(account: account, network: network ?? [])
        return subject.name(kind).map { (kind, $0) }
    }

    private static func account(_ text: String) throws(ExitFailure) -> [UInt8] {
        if let name = LoginName(text) { return Array(name.canonical.utf8) }
        throw ExitFailure(status: ExitStatus.usage, message: "\"\(text)\" is no login name")
    }

    private static func network(_ text: String) throws(ExitFailure) -> [UInt8] {
        // As it is listed, too.
        let address = text.hasSuffix("/64") ? String(text.dropLast(3)) : text
        if AddressText.bytes(address) != nil { return ClientNetwork.name(of: Array(address.utf8)) }
        throw ExitFailure(status: ExitStatus.usage, message: "\"\(text)\" is no address, as 192.0.2.7 is")
    }
}

/// Realms by name.
enum RealmChoice {
    /// The realm called `name`, or all of them.
    ///
    /// - Throws: `ExitFailure` with status 64 for one that there is not.
    static func names(_ settings: Settings, _ name: String?) throws(ExitFailure) -> [String] {
        guard let name else { return settings.realms.map(\.name) }
        if settings.realms.contains(where: { $0.name == name }) { return [name] }
        let known = settings.realms.map(\.name).joined(separator: ", ")
        throw ExitFailure(
            status: ExitStatus.usage, message: "there is no realm \"\(name)\"; there are: \(known)")
    }
}
