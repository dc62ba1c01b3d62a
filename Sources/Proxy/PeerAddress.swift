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

    /// What connections are counted by: the address, or its /64 for IPv6.
    var limitKey: LimitKey {
        var high: UInt64 = 0
        var low: UInt64 = 0
        for index in 0..<8 { high = high << 8 | UInt64(bytes[index]) }
        for index in 8..<16 { low = low << 8 | UInt64(bytes[index]) }
        let isIPv4 = high == 0 && low >> 32 == 0xffff
        return LimitKey(high: high, low: isIPv4 ? low : 0)
    }

    struct LimitKey: Hashable {
        let high: UInt64
        let low: UInt64
    }
}
