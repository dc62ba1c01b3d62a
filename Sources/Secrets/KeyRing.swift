/// Why keys make no ring.
public enum KeyRingFailure: Error, Equatable {
    /// No key at all. Without one nothing could be told from a forgery, so there is no start.
    case empty
    /// The key at `index` has only `count` bytes, less than `SigningKey.minimumCount`.
    case tooShort(index: Int, count: Int)
}

/// A key and its name. The key's bytes are not kept, only the hash states made from them.
public struct SigningKey: Sendable, CustomStringConvertible, CustomReflectable {
    /// Fewest bytes of a key.
    public static let minimumCount = 32
    /// Characters of a key id.
    public static let idCount = 6

    /// Base64url text that stays the same as long as the key does, and tells nothing about it.
    public let id: [UInt8]
    /// Makes this key's codes.
    public let authenticator: MessageAuthenticator

    /// Names and takes in a key of at least `minimumCount` bytes, which `KeyRing` has checked.
    init(bytes: [UInt8]) {
        let hash = SHA256.hash([UInt8]("gatehouse key id".utf8) + bytes).array
        id = [UInt8](Base64URL.encode(hash).prefix(Self.idCount))
        authenticator = MessageAuthenticator(key: bytes)
    }

    /// The id alone, so that printing a key shows nothing secret.
    public var description: String { "SigningKey(\(String(decoding: id, as: UTF8.self)))" }
    /// No children: dumping a key shows nothing secret.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Keys in order of age: the first signs, every one verifies. A key is changed without ending sessions by putting
/// the new one in front and dropping the old one later.
public struct KeyRing: Sendable {
    /// The keys, never empty, without repetitions.
    public let keys: [SigningKey]

    /// Makes a ring of keys, each of at least `SigningKey.minimumCount` bytes.
    ///
    /// - Throws: `KeyRingFailure`.
    public init(_ keys: [[UInt8]]) throws(KeyRingFailure) {
        guard !keys.isEmpty else { throw .empty }
        var ring: [SigningKey] = []
        var seen: Set<[UInt8]> = []
        for (index, key) in keys.enumerated() {
            guard key.count >= SigningKey.minimumCount else {
                throw .tooShort(index: index, count: key.count)
            }
            if seen.insert(key).inserted { ring.append(SigningKey(bytes: key)) }
        }
        self.keys = ring
    }

    /// The key that signs.
    public var signer: SigningKey { keys[0] }
}
