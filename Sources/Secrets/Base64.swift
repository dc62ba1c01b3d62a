/// Base64 with padding (RFC 4648, 4), on bytes.
public enum Base64 {
    /// The padded text of `bytes`.
    public static func encode(_ bytes: [UInt8]) -> [UInt8] {
        var text = Base64URL.encode(bytes)
        for index in text.indices {
            if text[index] == UInt8(ascii: "-") { text[index] = UInt8(ascii: "+") }
            if text[index] == UInt8(ascii: "_") { text[index] = UInt8(ascii: "/") }
        }
        while text.count % 4 != 0 { text.append(UInt8(ascii: "=")) }
        return text
    }

    /// The value of `text`; nil unless it is padded, canonical and free of foreign bytes (white space too).
    public static func decode(_ text: [UInt8]) -> [UInt8]? {
        guard text.count % 4 == 0 else { return nil }
        var body = text[...]
        while body.last == UInt8(ascii: "="), text.count - body.count < 2 { body.removeLast() }
        var urlText = [UInt8](body)
        for index in urlText.indices {
            switch urlText[index] {
            case UInt8(ascii: "+"): urlText[index] = UInt8(ascii: "-")
            case UInt8(ascii: "/"): urlText[index] = UInt8(ascii: "_")
            case UInt8(ascii: "-"), UInt8(ascii: "_"): return nil
            default: break
            }
        }
        return Base64URL.decode(urlText)
    }
}
