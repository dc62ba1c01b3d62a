internal import COpenSSL

/// Comparison whose time tells nothing about where two values differ.
public enum ConstantTime {
    /// Whether both hold the same bytes. The lengths are not secret: different ones return at once.
    public static func areEqual(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        guard left.count == right.count else { return false }
        guard let a = left.baseAddress, let b = right.baseAddress else { return true }
        return CRYPTO_memcmp(a, b, left.count) == 0
    }

    /// Whether both hold the same bytes. The lengths are not secret: different ones return at once.
    public static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.withUnsafeBytes { left in right.withUnsafeBytes { areEqual(left, $0) } }
    }
}
