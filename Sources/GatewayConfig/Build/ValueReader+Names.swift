extension ValueReader {
    func name(_ word: Word, _ rule: ValueRule) -> Value? {
        switch rule {
        case .header(let off):
            if off, word.text == "off" { return Value(word: word, kind: .off) }
            return header(word)
        case .headerPattern: return headerPattern(word)
        case .cookieName: return cookieName(word)
        case .method: return method(word)
        case .role:
            if Name.isRole(word.bytes) { return Value(word: word, kind: .text(word.text)) }
            return wrong(word, "a role", [Name.roleForm])
        default:
            if Name.isValid(word.bytes) { return Value(word: word, kind: .text(word.text)) }
            return wrong(word, "a name: a small letter, then small letters, digits, _ and -, at most 63")
        }
    }

    private func header(_ word: Word) -> Value? {
        guard Name.isHeader(word.bytes) else { return wrong(word, "a header name: letters, digits and -") }
        guard !ReservedHeader.isReserved(word.text) else {
            return wrong(word, "free for use: the protocol or the gateway itself needs this header")
        }
        return Value(word: word, kind: .text(word.text))
    }

    private func headerPattern(_ word: Word) -> Value? {
        let isPrefix = word.bytes.last == UInt8(ascii: "*")
        guard Name.isHeader(isPrefix ? word.bytes.dropLast() : word.bytes) else {
            return wrong(word, "a header name, or the beginning of one and *")
        }
        guard !ReservedHeader.isVital(word.text) else {
            return wrong(word, "to be stripped: no request works without it")
        }
        return Value(word: word, kind: .text(word.text))
    }

    private func cookieName(_ word: Word) -> Value? {
        guard Name.isToken(word.bytes) else {
            return wrong(word, "a cookie name: letters, digits and !#$%&'*+-.^_`|~, at most 64")
        }
        return Value(word: word, kind: .text(word.text))
    }

    private func method(_ word: Word) -> Value? {
        let isUpper = word.bytes.allSatisfy { ASCII.isToken($0) && !ASCII.isLower($0) }
        guard !word.bytes.isEmpty, word.bytes.count <= 32, isUpper else {
            let upper = word.isSecret ? [] : ["methods are in capitals: \(word.text.uppercased())"]
            return wrong(word, "a method", word.bytes.allSatisfy(ASCII.isToken) ? upper : [])
        }
        guard word.text != "CONNECT", word.text != "TRACE" else {
            return wrong(word, "allowed: CONNECT and TRACE are refused everywhere")
        }
        return Value(word: word, kind: .text(word.text))
    }
}
