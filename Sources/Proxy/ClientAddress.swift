import HTTP1
import HTTPCore
import Transport

extension Exchange {
    /// The client's address for logs and records: the peer's, or behind trusted proxies the right-most address in
    /// X-Forwarded-For that is not theirs.
    var clientAddress: [UInt8] {
        let peer = connection.peer
        guard peer.isTrusted, headLength > 0 else { return peer.text }
        var hops: [ArraySlice<UInt8>] = []
        for line in head.fields where line.id == .xForwardedFor {
            hops += Array(bytes(line.value)).split(
                separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        }
        var client = peer.text
        for hop in hops.reversed() {
            let hop = Self.trimmed(hop)
            // An empty element is none at all (RFC 9110, 5.6.1.2).
            if hop.isEmpty { continue }
            guard hop.count <= 45,
                let address = SocketAddress(literal: String(decoding: hop, as: UTF8.self), port: 0)
            else { break }
            client = Array(address.host.utf8)
            if !worker.trusted.contains(address.hostBytes) { break }
        }
        return client
    }

    /// Without blanks at both ends. One in the middle stays: two halves must not make an address.
    private static func trimmed(_ hop: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard let first = hop.firstIndex(where: { !ASCII.isBlank($0) }),
            let last = hop.lastIndex(where: { !ASCII.isBlank($0) })
        else { return [] }
        return hop[first...last]
    }
}
