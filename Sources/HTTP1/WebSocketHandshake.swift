import HTTPCore

/// The parts of a WebSocket handshake that can be checked without hashing (RFC 6455, 4.2.1).
public enum WebSocketHandshake {
    /// Whether the key is 16 bytes in base64 and the version is 13.
    public static func isValid(key: Span<UInt8>, version: Span<UInt8>) -> Bool {
        guard version.equals(0..<version.count, "13"), key.count == 24 else { return false }
        for index in 0..<22 {
            let byte = key[index]
            guard ASCII.lower(byte) &- 0x61 < 26 || byte &- 48 < 10 || byte == 0x2b || byte == 0x2f else {
                return false
            }
        }
        return key[22] == UInt8(ascii: "=") && key[23] == UInt8(ascii: "=")
    }
}
