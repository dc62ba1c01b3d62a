/// HMAC-SHA-256 (RFC 2104) under one key.
///
/// The key's two blocks are hashed once, at init: a code then costs only the hash of the message itself and one
/// more block, and no allocation.
public struct MessageAuthenticator: Sendable {
    private static let blockSize = 64
    private var inner: SHA256
    private var outer: SHA256

    /// Takes the key in. Its length is the caller's to check; RFC 2104 asks for at least 32 bytes.
    public init(key: [UInt8]) {
        var block = key.count > Self.blockSize ? SHA256.hash(key).array : key
        block += [UInt8](repeating: 0, count: Self.blockSize - block.count)
        inner = SHA256()
        inner.update(block.map { $0 ^ 0x36 })
        outer = SHA256()
        outer.update(block.map { $0 ^ 0x5c })
    }

    /// The authenticator of messages that begin with `prefix`, without hashing it again for each.
    public func prefixed(with prefix: [UInt8]) -> Self {
        var copy = self
        copy.inner.update(prefix)
        return copy
    }

    /// The code of `message`.
    public func code(for message: UnsafeRawBufferPointer) -> Digest256 {
        var hash = inner
        hash.update(message)
        var result = outer
        hash.finish().withUnsafeBytes { result.update($0) }
        return result.finish()
    }

    /// The code of `message`.
    public func code(for message: [UInt8]) -> Digest256 {
        message.withUnsafeBytes { code(for: $0) }
    }
}
