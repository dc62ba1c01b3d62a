/// Reads IP addresses and ranges.
enum Address {
    /// 16 bytes, an IPv4 address as IPv4-mapped; nil if `text` is no address.
    static func bytes(_ text: some Collection<UInt8>) -> [UInt8]? {
        if let four = version4(text) { return mapped(four) }
        return version6(text)
    }

    /// Four numbers of at most three digits, without leading zeros (some read these as octal).
    static func version4(_ text: some Collection<UInt8>) -> [UInt8]? {
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bytes: [UInt8] = []
        for part in parts {
            guard part.count <= 3, let value = Number.digits(part), value <= 255,
                part.count == 1 || part.first != UInt8(ascii: "0")
            else { return nil }
            bytes.append(UInt8(value))
        }
        return bytes
    }

    /// RFC 4291, section 2.2, all three forms.
    static func version6(_ text: some Collection<UInt8>) -> [UInt8]? {
        let all = Array(text)
        var gap: Int?
        for index in all.indices.dropLast() where all[index] == 0x3a && all[index + 1] == 0x3a {
            guard gap == nil else { return nil }
            gap = index
        }
        guard let gap else {
            let bytes = groups(all[...])
            return bytes?.count == 16 ? bytes : nil
        }
        guard let head = groups(all[..<gap], isLast: false), let tail = groups(all[(gap + 2)...]),
            head.count + tail.count <= 14
        else { return nil }
        return head + [UInt8](repeating: 0, count: 16 - head.count - tail.count) + tail
    }

    private static func groups(_ text: ArraySlice<UInt8>, isLast: Bool = true) -> [UInt8]? {
        if text.isEmpty { return [] }
        let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count <= 8 else { return nil }
        var bytes: [UInt8] = []
        for (index, part) in parts.enumerated() {
            if isLast, index == parts.count - 1, let four = version4(part) {
                bytes += four
                continue
            }
            guard (1...4).contains(part.count) else { return nil }
            var value: UInt16 = 0
            for byte in part {
                guard let digit = ASCII.hexValue(byte) else { return nil }
                value = value << 4 | UInt16(digit)
            }
            bytes += [UInt8(value >> 8), UInt8(value & 0xff)]
        }
        return bytes
    }

    private static func mapped(_ four: [UInt8]) -> [UInt8] {
        [UInt8](repeating: 0, count: 10) + [0xff, 0xff] + four
    }

    /// Why a text is no range.
    enum RangeProblem: Error, Equatable {
        case notARange
        /// Bits behind the prefix are set.
        case hostBits
    }

    /// `10.0.0.0/8`, `fd00::/8`, or a single address.
    static func range(_ text: [UInt8]) throws(RangeProblem) -> AddressRange {
        let slash = text.firstIndex(of: UInt8(ascii: "/")) ?? text.endIndex
        let isVersion4 = version4(text[..<slash]) != nil
        guard let bytes = bytes(text[..<slash]) else { throw .notARange }
        var length = 128
        if slash < text.endIndex {
            guard let value = Number.digits(text[(slash + 1)...]), value <= (isVersion4 ? 32 : 128) else {
                throw .notARange
            }
            length = isVersion4 ? value + 96 : value
        }
        for bit in length..<128 where bytes[bit / 8] & (0x80 >> UInt8(bit % 8)) != 0 { throw .hostBits }
        return AddressRange(bytes: bytes, prefixLength: length)
    }
}
