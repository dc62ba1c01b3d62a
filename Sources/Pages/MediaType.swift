/// Body types that the gateway's own endpoints take.
public enum MediaType: Sendable, Equatable {
    /// `application/json`.
    case json
    /// `application/x-www-form-urlencoded`.
    case form

    /// Recognises a Content-Type value (RFC 9110 section 8.3); nil: answer 415. A charset must be UTF-8; other
    /// parameters mean nothing to these types and are passed over, as long as they are well-formed.
    public init?(_ value: Span<UInt8>) {
        var scanner = TokenScanner(value)
        scanner.skipBlanks()
        let name = scanner.token(alsoAccepting: UInt8(ascii: "/"))
        if Self.equal(name, "application/json") {
            self = .json
        } else if Self.equal(name, "application/x-www-form-urlencoded") {
            self = .form
        } else {
            return nil
        }
        guard Self.acceptsParameters(&scanner) else { return nil }
    }

    private static func acceptsParameters(_ scanner: inout TokenScanner) -> Bool {
        var hasCharset = false
        scanner.skipBlanks()
        while !scanner.isAtEnd {
            guard scanner.take(UInt8(ascii: ";")) else { return false }
            scanner.skipBlanks()
            // An empty parameter, as in `application/json;`, is allowed by RFC 9110 section 5.6.6.
            if scanner.isAtEnd || scanner.isAt(UInt8(ascii: ";")) { continue }
            let name = scanner.token()
            guard !name.isEmpty, scanner.take(UInt8(ascii: "=")), let value = scanner.tokenOrQuoted() else {
                return false
            }
            scanner.skipBlanks()
            guard equal(name, "charset") else { continue }
            guard !hasCharset, equal(value, "utf-8") else { return false }
            hasCharset = true
        }
        return true
    }

    private static func equal(_ bytes: [UInt8], _ text: String) -> Bool {
        bytes.lazy.map { $0 >= 0x41 && $0 <= 0x5a ? $0 | 0x20 : $0 }.elementsEqual(text.utf8)
    }
}
