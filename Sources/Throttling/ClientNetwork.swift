internal import Glibc

/// The network that login limits count a client by: an IPv4 address, or the /64 of an IPv6 one, whose owner can
/// choose the rest.
public enum ClientNetwork {
    /// The network of the client at `address` (literal, without port), as it is written in Redis: `192.0.2.7`,
    /// `2001:db8:0:1::/64`. What is no address, such as `unix`, stands for itself.
    public static func name(of address: [UInt8]) -> [UInt8] {
        let text = String(decoding: address, as: UTF8.self)
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 { return dotted(withUnsafeBytes(of: &four) { Array($0) }) }
        var six = in6_addr()
        guard inet_pton(AF_INET6, text, &six) == 1 else { return address }
        let bytes = withUnsafeBytes(of: &six) { Array($0) }
        // IPv4-mapped (RFC 4291, 2.5.5.2): the same client as without the mapping.
        if bytes[..<10].allSatisfy({ $0 == 0 }), bytes[10] == 0xff, bytes[11] == 0xff {
            return dotted(Array(bytes[12...]))
        }
        var groups = stride(from: 0, to: 8, by: 2).map {
            String(UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]), radix: 16)
        }
        while groups.last == "0" { groups.removeLast() }
        return Array((groups.joined(separator: ":") + "::/64").utf8)
    }

    private static func dotted(_ bytes: [UInt8]) -> [UInt8] {
        Array(bytes.map { String($0) }.joined(separator: ".").utf8)
    }
}
