import GatewayConfig

/// The peers whose X-Forwarded-* count (`trust_proxy`); empty by default, loopback included.
struct TrustedProxies {
    private let ranges: [AddressRange]

    init(_ ranges: [AddressRange]) { self.ranges = ranges }

    var isEmpty: Bool { ranges.isEmpty }

    func contains(_ address: InlineArray<16, UInt8>) -> Bool {
        for range in ranges where matches(range, address) { return true }
        return false
    }

    private func matches(_ range: AddressRange, _ address: InlineArray<16, UInt8>) -> Bool {
        guard range.bytes.count == 16 else { return false }
        let whole = range.prefixLength / 8
        for index in 0..<min(whole, 16) where range.bytes[index] != address[index] { return false }
        let rest = range.prefixLength % 8
        if rest == 0 || whole >= 16 { return true }
        let mask = UInt8(truncatingIfNeeded: 0xff << (8 - rest))
        return range.bytes[whole] & mask == address[whole] & mask
    }
}
