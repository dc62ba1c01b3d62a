public import Secrets

/// What a client carries as proof of its session: `<key id>.<secret id>.<code>`, in a cookie or as a bearer token.
///
/// The secret id exists here only, and never in Redis, in a log or in an error.
public struct Ticket: Sendable {
    /// Characters of every ticket.
    public static let count = idRange.upperBound + 1 + 43
    /// Bytes of a secret id.
    static let idByteCount = 32
    static let keyRange = 0..<SigningKey.idCount
    static let idRange = keyRange.upperBound + 1..<keyRange.upperBound + 1 + 43
    static let codeRange = idRange.upperBound + 1..<count

    /// The characters to hand to the client.
    public let text: [UInt8]
    /// What its session is called on this side.
    public let hash: SessionHash

    /// Whether `text` has the form of a ticket. This says nothing about whether it is one of ours.
    public static func hasForm(_ text: UnsafeRawBufferPointer) -> Bool {
        guard text.count == count else { return false }
        for index in 0..<count {
            let isSeparator = index == keyRange.upperBound || index == idRange.upperBound
            guard isSeparator ? text[index] == separator : isBase64URL(text[index]) else { return false }
        }
        return true
    }

    static let separator = UInt8(ascii: ".")

    private static func isBase64URL(_ character: UInt8) -> Bool {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    /// An authenticator of secret ids under `key`, for tickets of `realm`. What it signs names purpose, realm and
    /// key, each behind its length, so that no code is good for anything else.
    static func authenticator(_ key: SigningKey, realm: [UInt8]) -> MessageAuthenticator {
        var prefix: [UInt8] = []
        for part in [[UInt8]("session".utf8), realm, key.id] {
            append(count: part.count, to: &prefix)
            prefix += part
        }
        append(count: idByteCount, to: &prefix)
        return key.authenticator.prefixed(with: prefix)
    }

    private static func append(count: Int, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: UInt32(clamping: count).bigEndian) { bytes += $0 }
    }
}

/// Makes the tickets of one realm with the first key of a ring.
public struct TicketIssuer: Sendable {
    private let keyID: [UInt8]
    private let authenticator: MessageAuthenticator
    private let random: @Sendable (Int) throws(RandomFailure) -> [UInt8]

    /// An issuer of tickets of `realm`.
    public init(keyRing: KeyRing, realm: [UInt8]) {
        self.init(
            keyRing: keyRing, realm: realm,
            random: { count throws(RandomFailure) in try RandomBytes.make(count: count) })
    }

    /// An issuer on another source of randomness, such as one that fails.
    init(
        keyRing: KeyRing, realm: [UInt8],
        random: @escaping @Sendable (Int) throws(RandomFailure) -> [UInt8]
    ) {
        keyID = keyRing.signer.id
        authenticator = Ticket.authenticator(keyRing.signer, realm: realm)
        self.random = random
    }

    /// A ticket of a session that is new with it.
    ///
    /// - Throws: `RandomFailure`.
    public func issue() throws(RandomFailure) -> Ticket {
        let id = try random(Ticket.idByteCount)
        let code = authenticator.code(for: id).array
        let separator = [Ticket.separator]
        let text = keyID + separator + Base64URL.encode(id) + separator + Base64URL.encode(code)
        return Ticket(text: text, hash: id.withUnsafeBytes { SessionHash(of: $0) })
    }
}

/// Tells the tickets of one realm, under any key of a ring, from everything else.
public struct TicketVerifier: Sendable {
    private struct Key: Sendable {
        let id: [UInt8]
        let authenticator: MessageAuthenticator
    }
    private let keys: [Key]

    /// A verifier of tickets of `realm`.
    public init(keyRing: KeyRing, realm: [UInt8]) {
        keys = keyRing.keys.map { Key(id: $0.id, authenticator: Ticket.authenticator($0, realm: realm)) }
    }

    /// Checks the raw bytes of a ticket; if it is one, `hash` becomes what its session is called.
    ///
    /// Allocates nothing, and takes the same time wherever a wrong code differs.
    public func verify(_ text: UnsafeRawBufferPointer, into hash: inout SessionHash) -> Bool {
        guard text.count == Ticket.count,
            text[Ticket.keyRange.upperBound] == Ticket.separator,
            text[Ticket.idRange.upperBound] == Ticket.separator
        else { return false }
        var id = Digest256()
        let idText = UnsafeRawBufferPointer(rebasing: text[Ticket.idRange])
        let codeText = UnsafeRawBufferPointer(rebasing: text[Ticket.codeRange])
        guard id.withUnsafeMutableBytes({ Base64URL.decode(idText, into: $0) }),
            id.withUnsafeBytes({ isSigned($0, codeText, keyID: text) })
        else { return false }
        hash = id.withUnsafeBytes { SessionHash(of: $0) }
        return true
    }

    /// Compares the code as text: a value has one canonical text, and making it costs less than reading the other.
    private func isSigned(
        _ id: UnsafeRawBufferPointer, _ codeText: UnsafeRawBufferPointer, keyID: UnsafeRawBufferPointer
    ) -> Bool {
        // Two keys may share an id, if rarely: each that has it is tried.
        for key in keys where key.id.indices.allSatisfy({ key.id[$0] == keyID[$0] }) {
            if isSame(key.authenticator.code(for: id), codeText) { return true }
        }
        return false
    }

    private func isSame(_ code: Digest256, _ text: UnsafeRawBufferPointer) -> Bool {
        withUnsafeTemporaryAllocation(byteCount: 43, alignment: 8) { expected in
            code.withUnsafeBytes { _ = Base64URL.encode($0, into: expected) }
            return ConstantTime.areEqual(UnsafeRawBufferPointer(expected), text)
        }
    }
}
