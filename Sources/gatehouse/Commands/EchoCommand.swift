import ArgumentParser
import GatewayConfig
import Supervisor
import Transport

/// `gatehouse echo`.
struct EchoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "echo", abstract: "Serve the sample API, which shows the requests it gets.",
        discussion: "/events is a stream of server-sent events, /ws a WebSocket that says back what it hears."
    )
    @Option(help: ArgumentHelp("Where to listen: host:port, :port or unix:/path.", valueName: "address"))
    var listen = "127.0.0.1:3000"
    @Flag(help: "Say nothing when it listens.") var quiet = false

    func run() {
        finish { () throws(ExitFailure) in
            let address = try ListenAddress.parse(listen)
            do throws(SystemError) {
                let server = try EchoServer()
                try server.run(address) {
                    if !quiet { StandardError.write("gatehouse echo: listening on \(listen)\n") }
                }
                return ExitStatus.success
            } catch {
                throw ExitFailure(
                    status: ExitStatus.cannotCreate, message: "cannot listen on \(listen): \(error.reason)")
            }
        }
    }
}

/// An address on the command line.
enum ListenAddress {
    static func parse(_ text: String) throws(ExitFailure) -> SocketAddress {
        if text.hasPrefix("unix:") {
            if let address = SocketAddress(unixPath: String(text.dropFirst("unix:".count))) { return address }
            throw ExitFailure(
                status: ExitStatus.usage, message: "\(text): the path of a socket has 1 to 107 bytes")
        }
        guard let (host, port) = split(text) else {
            throw ExitFailure(
                status: ExitStatus.usage,
                message: "\"\(text)\" is not an address: host:port, :port or unix:/path")
        }
        switch Resolver.resolveBlocking(host: host, port: port) {
        case .success(let addresses):
            if let address = addresses.first { return address }
            throw ExitFailure(status: ExitStatus.cannotCreate, message: "cannot resolve \(host)")
        case .failure(let error): throw ExitFailure(status: ExitStatus.cannotCreate, message: "\(error)")
        }
    }

    /// Host without brackets, and port.
    static func split(_ text: String) -> (host: String, port: UInt16)? {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[text.index(after: colon)...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }), let port = UInt16(digits)
        else { return nil }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
        } else if host.contains(":") {
            return nil
        }
        return (host, port)
    }
}
