internal import COpenSSL

/// MD5, for the hashes of old htpasswd files. It protects nothing.
public enum MD5 {
    /// The 16-byte hash of `bytes`.
    public static func hash(_ bytes: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: Int(MD5_DIGEST_LENGTH))
        copenssl_md5(bytes, bytes.count, &digest)
        return digest
    }
}
