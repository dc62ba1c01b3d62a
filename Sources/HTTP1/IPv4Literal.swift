internal import HTTPCore

/// The text form of an IPv4 address: four numbers up to 255, without zeros in front.
enum IPv4Literal {
    /// The address mapped into IPv6 (RFC 4291 section 2.5.5.2), 16 bytes; nil if `range` is none.
    static func mapped(_ bytes: Span<UInt8>, _ range: Range<Int>) -> [UInt8]? {
        var result: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]
        var index = range.lowerBound
        for part in 0..<4 {
            let start = index
            while index < range.upperBound, bytes[index] != 0x2e { index += 1 }
            guard let number = ASCII.decimal(bytes, start..<index), number <= 255 else { return nil }
            guard (index < range.upperBound) == (part < 3) else { return nil }
            result.append(UInt8(number))
            index += 1
        }
        return result
    }
}

extension IPv6Literal {
    /// The 16 bytes of the address; nil if `range` is none.
    static func bytes(_ bytes: Span<UInt8>, _ range: Range<Int>) -> [UInt8]? {
        guard isValid(bytes, range) else { return nil }
        var result: [UInt8] = []
        var gap: Int?
        var index = range.lowerBound
        while index < range.upperBound {
            if bytes[index] == 0x3a {
                index += 1
                guard index < range.upperBound, bytes[index] == 0x3a else { continue }
                gap = result.count
                index += 1
                continue
            }
            var end = index
            while end < range.upperBound, bytes[end] != 0x3a { end += 1 }
            if let four = IPv4Literal.mapped(bytes, index..<end) {
                result += four[12...]
            } else {
                var value: UInt16 = 0
                for place in index..<end { value = value << 4 | UInt16(ASCII.hexValue(bytes[place])) }
                result += [UInt8(value >> 8), UInt8(value & 0xff)]
            }
            index = end
        }
        guard result.count <= 16 else { return nil }
        if let gap { result.insert(contentsOf: [UInt8](repeating: 0, count: 16 - result.count), at: gap) }
        return result.count == 16 ? result : nil
    }
}
