import HTTP1
import HTTPCore
import Transport

extension Exchange {
    /// Calls `body` with the client's address; costs no copy where no proxy is trusted.
    func withClientAddress(_ body: (UnsafeRawBufferPointer) -> Void) {
        let isPeers = fixedConnection.use { connection in
            if connection.peer.isTrusted { return false }
            connection.peer.text.withUnsafeBytes(body)
            return true
        }
        if !isPeers { clientAddress.withUnsafeBytes(body) }
    }

    /// The client's address for logs and records: the peer's, or behind trusted proxies the right-most address in
    /// X-Forwarded-For that is not theirs.
    var clientAddress: [UInt8] {
        let peer = connection.peer
        guard peer.isTrusted, headLength > 0 else { return peer.text }
        let raw = headBytes.bindMemory(to: UInt8.self)
        var hops: [Range<Int>] = []
        for line in head.fields where line.id == .xForwardedFor {
            var list = ListScanner(line.value)
            while let hop = list.next(raw.span) { hops.append(hop) }
        }
        var client = peer.text
        for range in hops.reversed() {
            let hop = bytes(range)
            guard hop.count <= 45,
                let address = SocketAddress(literal: String(decoding: hop, as: UTF8.self), port: 0)
            else { break }
            client = Array(address.host.utf8)
            if !worker.trusted.contains(address.hostBytes) { break }
        }
        return client
    }
}
