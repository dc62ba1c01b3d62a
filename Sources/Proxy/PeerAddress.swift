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

    init(_ address: SocketAddress, trusted: TrustedProxies) {
        isUnix = address.port == 0 && address.description.hasPrefix("unix:")
        bytes = address.hostBytes
        text = isUnix ? Array("unix".utf8) : Array(address.host.utf8)
        isTrusted = !isUnix && trusted.contains(address.hostBytes)
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

    /// Whether `connections_per_ip` counts it; trusted proxies carry many clients.
    var isCounted: Bool { !isTrusted && !isUnix }
}
