/// A CIDR range; IPv4 is kept as an IPv4-mapped IPv6 address, so prefix lengths are 0...128.
public struct AddressRange: Sendable, Equatable {
    /// 16 bytes in network order.
    public var bytes: [UInt8]
    /// Bits that count, 0 to 128.
    public var prefixLength: Int
    /// Its parts.
    public init(bytes: [UInt8], prefixLength: Int) {
        self.bytes = bytes
        self.prefixLength = prefixLength
    }
}
