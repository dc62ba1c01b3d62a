import COpenSSL
import Glibc

/// From what the keys of session tickets are made. All workers of a gateway have it from the master, so that each
/// takes the tickets of the others, also over a reload.
///
/// It goes on by itself: the secret of a period is a hash of the one before, which is then forgotten, so that whoever
/// learns today's cannot open what was recorded two periods ago (RFC 5077, 5.5).
public struct TicketSecret: Sendable, Equatable {
    /// Milliseconds that a key seals for; it opens for as long again.
    static let period: Int64 = 12 * 3_600_000
    private static let count = 32
    /// Bytes of `encoded`.
    public static let encodedCount = 8 + count

    /// The period of `secret`: the one before the one at work, so that its tickets are still taken.
    private(set) var epoch: Int64
    private(set) var secret: [UInt8]

    /// A new one; `now` is in milliseconds since 1970.
    ///
    /// - Throws: `TLSFailure` if there are no random bytes.
    public init(now: Int64) throws(TLSFailure) {
        var bytes = [UInt8](repeating: 0, count: Self.count)
        guard RAND_bytes(&bytes, Int32(Self.count)) == 1 else { throw TLSFailure.queued("no random bytes") }
        epoch = now / Self.period - 1
        secret = bytes
    }

    /// Reads `encoded`; nil if it is anything else.
    public init?(encoded bytes: ArraySlice<UInt8>) {
        guard bytes.count == Self.encodedCount else { return nil }
        epoch = bytes.prefix(8).reduce(0) { $0 << 8 | Int64($1) }
        secret = Array(bytes.dropFirst(8))
    }

    /// For a worker to inherit.
    public var encoded: [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: epoch >> (56 - 8 * $0)) } + secret
    }

    /// Goes on to the time `now`, in milliseconds since 1970; a clock that was set back changes nothing.
    public mutating func advance(to now: Int64) {
        let target = now / Self.period - 1
        // After a year of rest every ticket is long over: no need to walk all the way.
        if target - epoch > 1_000 { epoch = target - 1 }
        while epoch < target {
            secret = Self.derive(secret, "next")
            epoch += 1
        }
    }

    /// The secret of the period after `epoch`.
    var next: [UInt8] { Self.derive(secret, "next") }

    static func derive(_ secret: [UInt8], _ label: StaticString) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        var count: UInt32 = 0
        HMAC(
            EVP_sha256(), secret, Int32(secret.count), label.utf8Start, label.utf8CodeUnitCount, &digest,
            &count)
        return digest
    }
}

/// The keys that seal and open session tickets. Confined to its thread.
final class TicketKeys {
    private struct Key {
        let name: [UInt8]
        let cipher: [UInt8]
        let mac: [UInt8]

        init(_ secret: [UInt8]) {
            name = Array(TicketSecret.derive(secret, "ticket name").prefix(16))
            cipher = TicketSecret.derive(secret, "ticket cipher")
            mac = TicketSecret.derive(secret, "ticket mac")
        }
    }

    private var secret: TicketSecret
    private var current: Key
    private var previous: Key
    /// Fetched once: OpenSSL would look for it with every ticket.
    private let kind = EVP_CIPHER_fetch(nil, "AES-256-CBC", nil)

    init(_ secret: TicketSecret) {
        self.secret = secret
        previous = Key(secret.secret)
        current = Key(secret.next)
    }

    deinit { EVP_CIPHER_free(kind) }

    /// Names of the keys at work, the one that seals first.
    func names(now: Int64) -> [[UInt8]] {
        turn(now)
        return [current.name, previous.name]
    }

    private func turn(_ now: Int64) {
        let before = secret.epoch
        secret.advance(to: now)
        guard secret.epoch != before else { return }
        previous = Key(secret.secret)
        current = Key(secret.next)
    }

    /// OpenSSL's question for a key (SSL_CTX_set_tlsext_ticket_key_evp_cb): 1 is a key, 2 a key that is to be replaced,
    /// 0 none, -1 a failure.
    func prepare(
        name: UnsafeMutablePointer<UInt8>, iv: UnsafeMutablePointer<UInt8>, cipher: OpaquePointer?,
        mac: OpaquePointer?, seals: Bool, now: Int64
    ) -> Int32 {
        turn(now)
        if seals {
            guard RAND_bytes(iv, EVP_MAX_IV_LENGTH) == 1 else { return -1 }
            for (index, byte) in current.name.enumerated() { name[index] = byte }
            return copenssl_ticket(cipher, mac, kind, current.cipher, current.mac, iv, 1) == 1 ? 1 : -1
        }
        let given = UnsafeBufferPointer(start: name, count: 16)
        if given.elementsEqual(current.name) {
            return copenssl_ticket(cipher, mac, kind, current.cipher, current.mac, iv, 0) == 1 ? 1 : -1
        }
        guard given.elementsEqual(previous.name) else { return 0 }
        return copenssl_ticket(cipher, mac, kind, previous.cipher, previous.mac, iv, 0) == 1 ? 2 : -1
    }
}
