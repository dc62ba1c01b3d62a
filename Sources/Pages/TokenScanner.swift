/// Reads tokens and quoted strings (RFC 9110 section 5.6) off a field value.
struct TokenScanner {
    private let text: [UInt8]
    private var position = 0

    /// Copies the value: a header line, and only those of requests to our own endpoints.
    init(_ value: Span<UInt8>) {
        text = value.indices.map { value[$0] }
    }

    var isAtEnd: Bool { position == text.count }

    func isAt(_ byte: UInt8) -> Bool { !isAtEnd && text[position] == byte }

    mutating func skipBlanks() {
        while isAt(0x20) || isAt(0x09) { position += 1 }
    }

    mutating func take(_ byte: UInt8) -> Bool {
        guard isAt(byte) else { return false }
        position += 1
        return true
    }

    /// A token, possibly empty. `extra` counts as one of its characters.
    mutating func token(alsoAccepting extra: UInt8? = nil) -> [UInt8] {
        let start = position
        while !isAtEnd, Self.isToken(text[position]) || text[position] == extra { position += 1 }
        return Array(text[start..<position])
    }

    /// A token that is not empty, or the content of a quoted string; nil: neither.
    mutating func tokenOrQuoted() -> [UInt8]? {
        guard take(UInt8(ascii: "\"")) else {
            let token = token()
            return token.isEmpty ? nil : token
        }
        var content: [UInt8] = []
        while !isAtEnd {
            if take(UInt8(ascii: "\"")) { return content }
            _ = take(UInt8(ascii: "\\"))
            guard !isAtEnd else { return nil }
            content.append(text[position])
            position += 1
        }
        return nil
    }

    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
