internal import HTTPCore

/// The parts of a WebSocket handshake that are grammar (RFC 6455 section 4.2.1). The accept value needs a
/// hash and is computed elsewhere.
public enum WebSocketHandshake {
    /// Whether the version is 13 and the key the canonical base64 of 16 bytes: 22 characters and `==`.
    public static func isValid(key: Span<UInt8>, version: Span<UInt8>) -> Bool {
        guard ASCII.equals(version, version.indices, "13".utf8.span), key.count == 24 else { return false }
        for index in 0..<22 {
            let byte = key[index]
            guard ASCII.isAlphanumeric(byte) || byte == 0x2b || byte == 0x2f else { return false }
        }
        // The last character carries two bits only; the rest of it is zero in A, Q, g and w.
        switch key[21] {
        case 0x41, 0x51, 0x67, 0x77: return key[22] == 0x3d && key[23] == 0x3d
        default: return false
        }
    }
}
