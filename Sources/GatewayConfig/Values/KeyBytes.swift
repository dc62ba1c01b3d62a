/// A signing key as people write it.
enum KeyBytes {
    static let minimumCount = 32

    /// Bytes that a text stands for: hex; base64 or base64url if that gives enough; else the text itself. Short
    /// hex is taken at its word: `openssl rand -hex 16` looks like 32 bytes and is 16.
    static func decode(_ text: [UInt8]) -> [UInt8] {
        if let bytes = hex(text) { return bytes }
        for bytes in [base64(text, isURL: false), base64(text, isURL: true)] {
            if let bytes, bytes.count >= minimumCount { return bytes }
        }
        return text
    }

    private static func hex(_ text: [UInt8]) -> [UInt8]? {
        guard !text.isEmpty, text.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: text.count, by: 2) {
            guard let high = ASCII.hexValue(text[index]), let low = ASCII.hexValue(text[index + 1]) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    /// Strict: padded where it is plain base64, unpadded where it is base64url, unused bits zero.
    private static func base64(_ text: [UInt8], isURL: Bool) -> [UInt8]? {
        let padding = isURL ? 0 : text.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        guard padding <= 2, isURL ? text.count % 4 != 1 : text.count % 4 == 0 else { return nil }
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for byte in text.dropLast(padding) {
            guard let value = sextet(byte, isURL) else { return nil }
            bits = (bits << 6 | value) & 0xffff
            count += 6
            guard count >= 8 else { continue }
            count -= 8
            bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
        }
        return bits & ((1 << UInt32(count)) - 1) == 0 ? bytes : nil
    }

    private static func sextet(_ byte: UInt8, _ isURL: Bool) -> UInt32? {
        if ASCII.isUpper(byte) { return UInt32(byte - 0x41) }
        if ASCII.isLower(byte) { return UInt32(byte - 0x61) + 26 }
        if ASCII.isDigit(byte) { return UInt32(byte - 0x30) + 52 }
        if byte == (isURL ? UInt8(ascii: "-") : UInt8(ascii: "+")) { return 62 }
        return byte == (isURL ? UInt8(ascii: "_") : UInt8(ascii: "/")) ? 63 : nil
    }
}
