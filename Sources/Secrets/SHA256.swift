internal import COpenSSL

/// The 32 bytes of a SHA-256 hash or of a code made with it. Comparing two takes the same time for every value.
public struct Digest256: Sendable, Equatable {
    /// The bytes in order.
    public var bytes: InlineArray<32, UInt8>

    /// All zero: a place to write a digest to.
    public init() { bytes = InlineArray(repeating: 0) }

    /// Compares in constant time.
    public static func == (left: Self, right: Self) -> Bool {
        left.withUnsafeBytes { left in right.withUnsafeBytes { ConstantTime.areEqual(left, $0) } }
    }

    /// The bytes as an array.
    public var array: [UInt8] { withUnsafeBytes { [UInt8]($0) } }

    /// Calls `body` with the 32 bytes.
    public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result
    {
        try Swift.withUnsafeBytes(of: bytes, body)
    }

    /// Calls `body` with the 32 bytes to write to.
    public mutating func withUnsafeMutableBytes<Result>(
        _ body: (UnsafeMutableRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        try Swift.withUnsafeMutableBytes(of: &bytes, body)
    }
}

/// SHA-256 of bytes that come in pieces. A copy goes on from the same point on its own.
public struct SHA256: Sendable {
    private var state = SHA256_CTX()

    /// Starts an empty message.
    public init() {
        // Cannot fail: it only sets constants.
        _ = copenssl_sha256_init(&state)
    }

    /// Appends `bytes` to the message.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress else { return }
        _ = copenssl_sha256_update(&state, base, bytes.count)
    }

    /// Appends `bytes` to the message.
    public mutating func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { update($0) }
    }

    /// The hash of all bytes so far. The message cannot go on.
    public consuming func finish() -> Digest256 {
        var digest = Digest256()
        digest.withUnsafeMutableBytes { buffer in
            guard let base = buffer.baseAddress else { return }
            _ = copenssl_sha256_final(base.assumingMemoryBound(to: UInt8.self), &state)
        }
        return digest
    }

    /// The hash of `bytes`.
    public static func hash(_ bytes: UnsafeRawBufferPointer) -> Digest256 {
        var hash = SHA256()
        hash.update(bytes)
        return hash.finish()
    }

    /// The hash of `bytes`.
    public static func hash(_ bytes: [UInt8]) -> Digest256 {
        bytes.withUnsafeBytes { hash($0) }
    }
}
