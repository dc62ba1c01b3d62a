/// Writes JSON (RFC 8259) into bytes. Text need not be valid UTF-8: what is not comes out as U+FFFD.
public enum JSONText {
    /// Appends `text` as a quoted string; controls, quotes and backslashes escaped, DEL and line separators too.
    public static func append(_ text: String, to line: inout [UInt8]) {
        line.append(UInt8(ascii: "\""))
        appendEscaped(text.unicodeScalars, to: &line)
        line.append(UInt8(ascii: "\""))
    }

    /// Appends `bytes` as a quoted string.
    public static func append(_ bytes: some Sequence<UInt8>, to line: inout [UInt8]) {
        let bytes = Array(bytes)
        if bytes.allSatisfy({ $0 >= 0x20 && $0 < 0x7f && $0 != 0x22 && $0 != 0x5c }) {
            line.append(UInt8(ascii: "\""))
            line.append(contentsOf: bytes)
            line.append(UInt8(ascii: "\""))
            return
        }
        append(String(decoding: bytes, as: UTF8.self), to: &line)
    }

    /// Appends `text` with every control character as an escape, without quotes; nothing in it can end a line or
    /// speak to a terminal.
    static func appendEscaped(_ scalars: String.UnicodeScalarView, to line: inout [UInt8]) {
        for scalar in scalars {
            switch scalar.value {
            case 0x22, 0x5c:
                line.append(UInt8(ascii: "\\"))
                line.append(UInt8(truncatingIfNeeded: scalar.value))
            case 0x0a: line.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "n")])
            case 0x0d: line.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "r")])
            case 0x09: line.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "t")])
            // Besides the ASCII controls: C1 controls and what turns text around or ends a line in JavaScript.
            case 0..<0x20, 0x7f..<0xa0, 0x2028, 0x2029, 0x202a...0x202e, 0x2066...0x2069:
                appendCode(scalar.value, to: &line)
            default: line.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            }
        }
    }

    private static func appendCode(_ value: UInt32, to line: inout [UInt8]) {
        line.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "u")])
        for shift: UInt32 in [12, 8, 4, 0] {
            let digit = UInt8(truncatingIfNeeded: value >> shift & 15)
            line.append(digit < 10 ? 48 + digit : 87 + digit)
        }
    }
}
