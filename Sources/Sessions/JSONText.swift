/// Strings of JSON (RFC 8259, 7), on bytes.
enum JSONText {
    /// Appends `bytes`, which are UTF-8, as a JSON string with its quotes.
    static func append(_ bytes: [UInt8], to line: inout [UInt8]) {
        line.append(UInt8(ascii: "\""))
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): line += [UInt8(ascii: "\\"), byte]
            case 0..<0x20:
                line += "\\u00".utf8
                line += [hexDigit(byte >> 4), hexDigit(byte & 15)]
            default: line.append(byte)
            }
        }
        line.append(UInt8(ascii: "\""))
    }

    /// The value of a string that stands between its quotes at `range` of `bytes`; nil if it is not UTF-8, or has an
    /// escape that there is not, half a surrogate pair or a control byte.
    static func value(_ bytes: Span<UInt8>, _ range: Range<Int>) -> [UInt8]? {
        var value: [UInt8] = []
        var position = range.lowerBound
        while position < range.upperBound {
            let byte = bytes[position]
            position += 1
            guard byte >= 0x20 else { return nil }
            guard byte == UInt8(ascii: "\\") else {
                value.append(byte)
                continue
            }
            guard let scalar = escaped(bytes, &position, end: range.upperBound) else { return nil }
            value += String(Character(scalar)).utf8
        }
        return String(validating: value, as: UTF8.self) == nil ? nil : value
    }

    private static func escaped(_ bytes: Span<UInt8>, _ position: inout Int, end: Int) -> Unicode.Scalar? {
        guard position < end else { return nil }
        let character = bytes[position]
        position += 1
        switch character {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(character)
        case UInt8(ascii: "b"): return "\u{08}"
        case UInt8(ascii: "f"): return "\u{0c}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return unicodeEscape(bytes, &position, end: end)
        default: return nil
        }
    }

    private static func unicodeEscape(_ bytes: Span<UInt8>, _ position: inout Int, end: Int) -> Unicode
        .Scalar?
    {
        guard let first = hexUnit(bytes, &position, end: end) else { return nil }
        guard 0xd800...0xdbff ~= first else { return Unicode.Scalar(first) }
        guard position + 2 <= end, bytes[position] == UInt8(ascii: "\\"),
            bytes[position + 1] == UInt8(ascii: "u")
        else { return nil }
        position += 2
        guard let second = hexUnit(bytes, &position, end: end), 0xdc00...0xdfff ~= second else { return nil }
        return Unicode.Scalar(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00))
    }

    private static func hexUnit(_ bytes: Span<UInt8>, _ position: inout Int, end: Int) -> UInt32? {
        guard position + 4 <= end else { return nil }
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = hexValue(bytes[position]) else { return nil }
            unit = unit << 4 | UInt32(digit)
            position += 1
        }
        return unit
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? value + UInt8(ascii: "0") : value - 10 + UInt8(ascii: "a")
    }

    static func hexValue(_ character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
