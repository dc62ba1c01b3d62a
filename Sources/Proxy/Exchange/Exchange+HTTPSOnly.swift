import Access
import GatewayConfig
import HTTP1
import HTTPCore
import Pages

/// `listen { redirect https }`: everything is sent to https, but what a certificate authority asks for (RFC 8555,
/// 8.3), which the routes serve.
extension Exchange {
    private static let challenges = Array("/.well-known/acme-challenge/".utf8)

    /// Whether the request goes on to the routes; false: it was sent to https. The site is known, so that nobody is
    /// sent to a host that is not ours.
    func staysOnHTTP() -> Bool {
        // A proxy that ends TLS in front would be sent round and round.
        if knownScheme == .https { return true }
        if withPath({ $0.starts(with: Self.challenges) }) { return true }
        guard !head.host.isEmpty else { return refused(400, .badRequest, "The request names no host.") }
        var reply = Reply(status: connection.redirectStatus)
        reply.add("Location", secureAddress())
        respond(reply)
        return false
    }

    /// This request's address on https: the same host, and our port there.
    private func secureAddress() -> [UInt8] {
        var address = Array("https://".utf8)
        let raw = headBytes.bindMemory(to: UInt8.self)
        HostName.withName(raw.span, head.host) { name in
            for index in name.indices { address.append(name[index]) }
        }
        if worker.securePort != 443 { address += Array(":\(worker.securePort)".utf8) }
        withPath { address += $0.isEmpty ? [UInt8(ascii: "/")] : Array($0) }
        if let query = head.query {
            address.append(UInt8(ascii: "?"))
            address += Array(bytes(query))
        }
        return address
    }
}
