import HTTP1
import HTTPCore
import Transport

extension Exchange {
    /// The client's address for logs and records: the peer's, or behind trusted proxies the right-most address in
    /// X-Forwarded-For that is not theirs.
    var clientAddress: [UInt8] {
        let peer = connection.peer
        guard peer.isTrusted, headLength > 0 else { return peer.text }
        var hops: [[UInt8]] = []
        for line in head.fields where line.id == .xForwardedFor {
            for part in bytes(line.value).split(separator: UInt8(ascii: ",")) {
                hops.append(part.filter { !ASCII.isBlank($0) })
            }
        }
        var client = peer.text
        for hop in hops.reversed() {
            guard hop.count <= 45,
                let address = SocketAddress(literal: String(decoding: hop, as: UTF8.self), port: 0)
            else { break }
            client = Array(address.host.utf8)
            if !worker.trusted.contains(address.hostBytes) { break }
        }
        return client
    }
}
