internal import Secrets

/// The opaque id of a user: 1 to 128 bytes of `[A-Za-z0-9_.:@-]`, never changed and never used again.
public struct UserID: Sendable, Hashable, CustomStringConvertible {
    /// The longest id, in bytes.
    public static let maximumCount = 128

    /// The id.
    public let text: String

    /// Checks an id that came from a store; nil when it is not of the allowed alphabet and size.
    public init?(_ text: String) {
        guard ASCII.consists(text.utf8, ofAlphanumericsAnd: "_.:@-", upTo: Self.maximumCount) else {
            return nil
        }
        self.text = text
    }

    private init(unchecked text: String) { self.text = text }

    /// A fresh id: `u_` and 128 random bits in 26 lower-case base-32 characters (without i, l, o and u).
    ///
    /// - Throws: `HashFailure.unavailable` when there are no random bytes.
    public static func make() throws(HashFailure) -> UserID {
        var value: UInt128 = 0
        do throws(RandomFailure) {
            for byte in try RandomBytes.make(count: 16) { value = value << 8 | UInt128(byte) }
        } catch {
            throw .unavailable(reason: "no random bytes")
        }
        let alphabet = [UInt8]("0123456789abcdefghjkmnpqrstvwxyz".utf8)
        var text = [UInt8]("u_".utf8)
        for shift in stride(from: 125, through: 0, by: -5) {
            text.append(alphabet[Int(truncatingIfNeeded: value >> UInt128(shift)) & 31])
        }
        return UserID(unchecked: String(decoding: text, as: UTF8.self))
    }

    /// The id.
    public var description: String { text }
}
