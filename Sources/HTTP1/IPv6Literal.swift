internal import HTTPCore

/// The text forms of an IPv6 address (RFC 4291 section 2.2), without brackets or zone.
enum IPv6Literal {
    static func isValid(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        guard range.count >= 2, range.count <= 45 else { return false }
        var index = range.lowerBound
        var groups = 0
        var hasGap = false
        if bytes[index] == 0x3a {
            guard bytes[index + 1] == 0x3a else { return false }
            hasGap = true
            index += 2
        }
        while index < range.upperBound {
            let start = index
            while index < range.upperBound, ASCII.hexValue(bytes[index]) < 16 { index += 1 }
            groups += 1
            guard index < range.upperBound else {
                guard isGroup(start..<index) else { return false }
                break
            }
            if bytes[index] == 0x2e {
                guard isIPv4(bytes, start..<range.upperBound) else { return false }
                groups += 1
                break
            }
            guard isGroup(start..<index), bytes[index] == 0x3a, index + 1 < range.upperBound else {
                return false
            }
            index += 1
            guard bytes[index] == 0x3a else { continue }
            guard !hasGap else { return false }
            hasGap = true
            index += 1
        }
        return hasGap ? groups < 8 : groups == 8
    }

    private static func isGroup(_ range: Range<Int>) -> Bool {
        range.count >= 1 && range.count <= 4
    }

    /// Four numbers up to 255, without zeros in front.
    private static func isIPv4(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        var index = range.lowerBound
        for part in 0..<4 {
            let start = index
            while index < range.upperBound, bytes[index] != 0x2e { index += 1 }
            guard let number = ASCII.decimal(bytes, start..<index), number <= 255 else { return false }
            guard (index < range.upperBound) == (part < 3) else { return false }
            index += 1
        }
        return true
    }
}
