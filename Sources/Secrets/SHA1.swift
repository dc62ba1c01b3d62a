internal import COpenSSL

/// SHA-1, for the one protocol that still demands it: `Sec-WebSocket-Accept` (RFC 6455, 4.2.2). It protects nothing.
public enum SHA1 {
    /// The 20-byte hash of `bytes`.
    public static func hash(_ bytes: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: Int(SHA_DIGEST_LENGTH))
        _ = COpenSSL.SHA1(bytes, bytes.count, &digest)
        return digest
    }
}
