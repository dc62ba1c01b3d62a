import HTTPCore
import Transport

/// A client's address in the forms that the hot path needs, made once a connection.
struct PeerAddress {
    /// Without port, as X-Forwarded-For wants it; `unix` for a unix socket.
    let text: [UInt8]
    /// IPv4-mapped, network order.
    let bytes: InlineArray<16, UInt8>
    let isUnix: Bool
    /// Its X-Forwarded-* count.
    let isTrusted: Bool
    /// Whether `connections_per_ip` counts it; trusted proxies carry many clients.
    let isCounted: Bool
    /// Who has connected, as text: another one where a PROXY header has told this one.
    let transport: [UInt8]
    /// It speaks TLS to the proxy that told of it.
    let isOverTLS: Bool

    init(_ address: SocketAddress, trusted: TrustedProxies) {
        isUnix = address.port == 0 && address.description.hasPrefix("unix:")
        bytes = address.hostBytes
        text = isUnix ? Array("unix".utf8) : Array(address.host.utf8)
        isTrusted = !isUnix && trusted.contains(address.hostBytes)
        isCounted = !isTrusted && !isUnix
        transport = text
        isOverTLS = false
    }

    /// The client of 16 address bytes that `proxy` tells of.
    init(_ host: [UInt8], behind proxy: PeerAddress, isOverTLS: Bool, trusted: TrustedProxies) {
        let address = SocketAddress(host: host)
        isUnix = false
        bytes = address.hostBytes
        text = Array(address.host.utf8)
        isTrusted = trusted.contains(address.hostBytes)
        isCounted = !isTrusted
        transport = proxy.text
        self.isOverTLS = isOverTLS
    }

    /// Somebody of whom `proxy` does not say who it is: what it says of itself is not the proxy's word.
    init(unknownBehind proxy: PeerAddress, isOverTLS: Bool) {
        isUnix = proxy.isUnix
        bytes = proxy.bytes
        text = proxy.text
        isTrusted = false
        isCounted = false
        transport = proxy.text
        self.isOverTLS = isOverTLS
    }

    /// An address with the host part hidden: /24, or /48 for IPv6. What is no address stays as it is.
    static func masked(_ text: [UInt8]) -> [UInt8] {
        guard let address = SocketAddress(literal: String(decoding: text, as: UTF8.self), port: 0) else {
            return text
        }
        let bytes = address.hostBytes
        if !text.contains(UInt8(ascii: ":")) { return Array("\(bytes[12]).\(bytes[13]).\(bytes[14]).0".utf8) }
        var groups: [String] = []
        for index in 0..<3 {
            groups.append(String(UInt16(bytes[index * 2]) << 8 | UInt16(bytes[index * 2 + 1]), radix: 16))
        }
        return Array((groups.joined(separator: ":") + "::").utf8)
    }
}
