/// Parser for one JSON object (RFC 8259) whose values are strings, `true`, `false` or `null` (as if the member
/// were not there). Nothing nests, so nothing recurses.
struct FlatJSON {
    private let text: [UInt8]
    private var position = 0

    init(_ body: Span<UInt8>) {
        text = body.indices.map { body[$0] }
    }

    mutating func parse() throws(FormError) -> FormFields {
        guard UTF8Check.isValid(text.span) else { throw .invalidUTF8 }
        let fields = try object()
        skipBlanks()
        guard position == text.count else { throw .malformed }
        return fields
    }

    private mutating func object() throws(FormError) -> FormFields {
        var fields = FormFields()
        var absent: [[UInt8]] = []
        try expect(UInt8(ascii: "{"))
        if take(UInt8(ascii: "}")) { return fields }
        repeat {
            try expect(UInt8(ascii: "\""))
            let name = try string()
            try expect(UInt8(ascii: ":"))
            guard !absent.contains(name) else { throw .duplicate(name) }
            if let value = try value(of: name) {
                try fields.add(name, value)
            } else {
                guard !fields.fields.contains(where: { $0.name == name }) else { throw .duplicate(name) }
                guard absent.count < FormFields.limit else { throw .tooManyFields }
                absent.append(name)
            }
        } while take(UInt8(ascii: ","))
        try expect(UInt8(ascii: "}"))
        return fields
    }

    private mutating func value(of name: [UInt8]) throws(FormError) -> FormFields.Value? {
        if take(UInt8(ascii: "\"")) { return .text(try string()) }
        if takeWord("true") { return .flag(true) }
        if takeWord("false") { return .flag(false) }
        if takeWord("null") { return nil }
        guard position < text.count, "{[-0123456789".utf8.contains(text[position]) else { throw .malformed }
        throw .unsupportedValue(name)
    }

    /// What follows an opening quote, up to and including the closing one.
    private mutating func string() throws(FormError) -> [UInt8] {
        var content: [UInt8] = []
        while position < text.count {
            let byte = text[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return content
            case UInt8(ascii: "\\"): try escape(into: &content)
            case 0x00..<0x20: throw .malformed
            default: content.append(byte)
            }
        }
        throw .malformed
    }

    private mutating func escape(into content: inout [UInt8]) throws(FormError) {
        guard position < text.count else { throw .malformed }
        let byte = text[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(byte)
        case UInt8(ascii: "b"): content.append(0x08)
        case UInt8(ascii: "f"): content.append(0x0c)
        case UInt8(ascii: "n"): content.append(0x0a)
        case UInt8(ascii: "r"): content.append(0x0d)
        case UInt8(ascii: "t"): content.append(0x09)
        case UInt8(ascii: "u"): content += Array(String(try character()).utf8)
        default: throw .malformed
        }
    }

    /// What follows `\u`, the second half of a surrogate pair included; half a pair alone is no character.
    private mutating func character() throws(FormError) -> Unicode.Scalar {
        let first = try fourDigits()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xdc00, position + 1 < text.count, text[position] == UInt8(ascii: "\\"),
            text[position + 1] == UInt8(ascii: "u")
        else { throw .malformed }
        position += 2
        let second = try fourDigits()
        guard (0xdc00...0xdfff).contains(second),
            let scalar = Unicode.Scalar(0x10000 + ((first & 0x3ff) << 10) + (second & 0x3ff))
        else { throw .malformed }
        return scalar
    }

    private mutating func fourDigits() throws(FormError) -> UInt32 {
        guard text.count - position >= 4 else { throw .malformed }
        var number: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = URLEncoding.hexDigit(text[position]) else { throw .malformed }
            number = number << 4 | UInt32(digit)
            position += 1
        }
        return number
    }

    private mutating func skipBlanks() {
        while position < text.count, Self.isBlank(text[position]) { position += 1 }
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        skipBlanks()
        guard position < text.count, text[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ byte: UInt8) throws(FormError) {
        guard take(byte) else { throw .malformed }
    }

    private mutating func takeWord(_ word: String) -> Bool {
        guard text[position...].starts(with: word.utf8) else { return false }
        position += word.utf8.count
        return true
    }
}
