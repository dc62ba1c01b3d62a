/// Version 2: a signature, version and command, family and protocol, a length, addresses, and records (TLVs).
extension ProxyHeader {
    private static let fixedLength = 16
    private static let checksumType: UInt8 = 0x03
    private static let tlsType: UInt8 = 0x20

    static func parseBinary(_ bytes: Span<UInt8>) -> ProxyHeaderParse {
        guard bytes.count >= fixedLength else { return .incomplete }
        let command = bytes[12] & 0x0f
        guard bytes[12] >> 4 == 2, command <= 1 else { return .broken }
        let length = fixedLength + number(bytes, 14)
        guard length <= longest else { return .broken }
        guard let addresses = addressLength(bytes[13]) else { return .broken }
        guard bytes.count >= length else { return .incomplete }
        // What the proxy does on its own account says nothing more.
        if command == 0 { return .complete(ProxyHeader(length: length, source: .proxy)) }
        guard fixedLength + addresses <= length else { return .broken }
        var header = ProxyHeader(length: length, source: source(bytes))
        // Without addresses nobody knows where records begin.
        if addresses == 0 { return .complete(header) }
        guard readRecords(bytes, (fixedLength + addresses)..<length, into: &header) else { return .broken }
        return .complete(header)
    }

    private static func number(_ bytes: Span<UInt8>, _ index: Int) -> Int {
        Int(bytes[index]) << 8 | Int(bytes[index + 1])
    }

    /// Bytes that the addresses of a family take; nil for a byte that no sender may write.
    private static func addressLength(_ family: UInt8) -> Int? {
        switch family {
        case 0x00: 0
        case 0x11, 0x12: 12
        case 0x21, 0x22: 36
        case 0x31, 0x32: 216
        default: nil
        }
    }

    /// Datagrams cannot have become this stream, and a unix socket has no address that would mean anything here.
    private static func source(_ bytes: Span<UInt8>) -> Source {
        var address: [UInt8] = []
        switch bytes[13] {
        case 0x11:
            address = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]
            for index in 16..<20 { address.append(bytes[index]) }
        case 0x21: for index in 16..<32 { address.append(bytes[index]) }
        default: return .unknown
        }
        return .address(address)
    }

    // MARK: Records

    /// False if the records do not fill their place exactly, or the checksum is wrong.
    private static func readRecords(
        _ bytes: Span<UInt8>, _ range: Range<Int>, into header: inout ProxyHeader
    ) -> Bool {
        forEachRecord(bytes, range) { type, value in
            switch type {
            case checksumType: return value.count == 4 && checksum(bytes, header.length, without: value)
            case tlsType:
                // What the client spoke, whether its certificate is good, and records about that.
                guard value.count >= 5 else { return false }
                header.isOverTLS = bytes[value.lowerBound] & 1 != 0
                return forEachRecord(bytes, (value.lowerBound + 5)..<value.upperBound) { _, _ in true }
            default: return true
            }
        }
    }

    private static func forEachRecord(
        _ bytes: Span<UInt8>, _ range: Range<Int>, _ accepts: (UInt8, Range<Int>) -> Bool
    ) -> Bool {
        var index = range.lowerBound
        while index < range.upperBound {
            guard range.upperBound - index >= 3 else { return false }
            let start = index + 3
            let length = number(bytes, index + 1)
            guard length <= range.upperBound - start, accepts(bytes[index], start..<(start + length)) else {
                return false
            }
            index = start + length
        }
        return true
    }

    /// Whether the CRC-32C at `place` is that of the header with zeros there.
    private static func checksum(_ bytes: Span<UInt8>, _ length: Int, without place: Range<Int>) -> Bool {
        var sum = UInt32.max
        for index in 0..<length {
            sum ^= place.contains(index) ? 0 : UInt32(bytes[index])
            for _ in 0..<8 { sum = sum & 1 == 0 ? sum >> 1 : sum >> 1 ^ 0x82f6_3b78 }
        }
        var told: UInt32 = 0
        for index in place { told = told << 8 | UInt32(bytes[index]) }
        return ~sum == told
    }
}
