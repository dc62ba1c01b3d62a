/// A login name: 1 to 254 bytes of `[A-Za-z0-9._@+-]`, the same for every spelling of its letters' case.
public struct LoginName: Sendable, Hashable, CustomStringConvertible {
    /// The longest name, in bytes.
    public static let maximumCount = 254

    /// The name with its letters lower-cased: what is compared and counted by.
    public let canonical: String
    /// The name as it was typed.
    public let typed: String

    /// Checks the bytes of a name; nil when one of them or their count is not allowed. Nothing is trimmed.
    public init?(_ bytes: [UInt8]) {
        guard ASCII.consists(bytes, ofAlphanumericsAnd: "._@+-", upTo: Self.maximumCount) else { return nil }
        typed = String(decoding: bytes, as: UTF8.self)
        canonical = String(decoding: bytes.map(ASCII.lowerCased), as: UTF8.self)
    }

    /// Checks the UTF-8 bytes of `text`.
    public init?(_ text: String) {
        self.init([UInt8](text.utf8))
    }

    /// Whether both are the same name in canonical form.
    public static func == (left: Self, right: Self) -> Bool { left.canonical == right.canonical }

    /// Hashes the canonical form.
    public func hash(into hasher: inout Hasher) { hasher.combine(canonical) }

    /// The canonical form.
    public var description: String { canonical }
}
