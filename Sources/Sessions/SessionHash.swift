internal import Secrets

/// What a session is called in Redis and in records: base64url of the SHA-256 of its secret id, 43 characters.
///
/// Whoever reads it there cannot make a ticket from it.
public struct SessionHash: Hashable, Sendable, CustomStringConvertible {
    /// Characters of a hash.
    public static let count = 43

    /// The characters.
    public private(set) var text: InlineArray<43, UInt8>

    /// The hash of no session; a place for one.
    public init() { text = InlineArray(repeating: UInt8(ascii: "-")) }

    /// The hash of the session whose secret id is `id`.
    public init(of id: UnsafeRawBufferPointer) {
        self.init()
        let digest = SHA256.hash(id)
        Swift.withUnsafeMutableBytes(of: &text) { target in
            _ = digest.withUnsafeBytes { Base64URL.encode($0, into: target) }
        }
    }

    /// One of `count` places, always the same one, and each for about as many hashes.
    func spreadIndex(_ count: Int) -> Int {
        var sum = 0
        for index in 0..<8 { sum = sum &* 31 &+ Int(text[index]) }
        return Int(sum.magnitude % UInt(max(count, 1)))
    }

    /// A hash as it was written down; nil unless it is canonical.
    public init?(text: UnsafeRawBufferPointer) {
        guard text.count == Self.count else { return nil }
        var digest = Digest256()
        guard digest.withUnsafeMutableBytes({ Base64URL.decode(text, into: $0) }) else { return nil }
        self.init()
        Swift.withUnsafeMutableBytes(of: &self.text) { $0.copyMemory(from: text) }
    }

    /// A hash as it was written down; nil unless it is canonical.
    public init?(text: [UInt8]) {
        let hash = text.withUnsafeBytes { SessionHash(text: $0) }
        guard let hash else { return nil }
        self = hash
    }

    /// Calls `body` with the 43 characters.
    public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result
    {
        try Swift.withUnsafeBytes(of: text, body)
    }

    /// The characters as an array.
    public var array: [UInt8] { withUnsafeBytes { [UInt8]($0) } }

    /// For logs: the first 8 characters, enough to tell sessions apart.
    public var description: String { String(decoding: array.prefix(8), as: UTF8.self) }

    /// Whether both name one session.
    public static func == (left: Self, right: Self) -> Bool {
        left.withUnsafeBytes { left in
            right.withUnsafeBytes { right in
                // 43 bytes: five whole words, and a last one that overlaps the fifth.
                var difference: UInt64 = 0
                for index in 0..<6 {
                    let offset = min(index * 8, Self.count - 8)
                    difference |=
                        left.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                        ^ right.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                }
                return difference == 0
            }
        }
    }

    /// Feeds 16 of the characters: they are evenly spread already.
    public func hash(into hasher: inout Hasher) {
        withUnsafeBytes { bytes in
            hasher.combine(bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self))
            hasher.combine(bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        }
    }
}
