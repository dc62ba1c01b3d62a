/// A signing key as people write it: hex, base64, base64url, or simply text.
public enum KeyText {
    /// The key that `text` stands for, less one trailing line end: hex; base64 or base64url if that gives at least
    /// 32 bytes; else the text itself. Short hex is taken at its word, so that 32 digits are not passed off as 32
    /// bytes.
    public static func decode(_ text: [UInt8]) -> [UInt8] {
        let line = withoutLineEnd(text)
        if let key = hex(line) { return key }
        for case .some(let key) in [Base64.decode(line), Base64URL.decode(line)]
        where key.count >= SigningKey.minimumCount {
            return key
        }
        return line
    }

    private static func withoutLineEnd(_ text: [UInt8]) -> [UInt8] {
        var end = text.count
        if end > 0, text[end - 1] == 0x0a { end -= 1 }
        if end < text.count, end > 0, text[end - 1] == 0x0d { end -= 1 }
        return [UInt8](text[..<end])
    }

    private static func hex(_ text: [UInt8]) -> [UInt8]? {
        guard !text.isEmpty, text.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: text.count, by: 2) {
            guard let high = digit(text[index]), let low = digit(text[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func digit(_ character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
