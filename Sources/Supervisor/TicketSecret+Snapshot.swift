import Transport

/// The secret of session tickets travels to workers, and to the program that takes over in an upgrade, in front of the
/// configuration: a zero, which no path begins with, and the secret. It is no part of the configuration's fingerprint.
extension TicketSecret {
    /// `snapshot` with this secret in front.
    func stamped(_ snapshot: [UInt8]) -> [UInt8] { [0] + encoded + snapshot }

    /// The two parts; without a secret if there is none.
    static func unstamped(_ bytes: [UInt8]) -> (secret: TicketSecret?, snapshot: [UInt8]) {
        guard bytes.first == 0, let secret = TicketSecret(encoded: bytes.dropFirst().prefix(encodedCount))
        else {
            return (nil, bytes)
        }
        return (secret, Array(bytes.dropFirst(1 + encodedCount)))
    }

    /// The one in the snapshot that `descriptor` is open for.
    static func inherited(_ descriptor: Int32?) -> TicketSecret? {
        guard let descriptor, let bytes = try? Snapshot.read(descriptor) else { return nil }
        return unstamped(bytes).secret
    }
}
