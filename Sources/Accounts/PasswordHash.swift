internal import Secrets

/// A stored hash, parsed and within the bounds of what is run.
///
/// Its description names the kind only, so that a hash in a log message stays a mistake without consequence.
public struct PasswordHash: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
    /// What is needed to compare.
    enum Content: Sendable, Equatable {
        case argon2id(salt: [UInt8], digest: [UInt8])
        /// The whole text is the setting of crypt(3).
        case bcrypt
    }

    /// The salt size of hashes made here, in bytes.
    static let saltCount = 16
    /// The digest size of Argon2id hashes made here, in bytes.
    static let digestCount = 32
    /// The longest stored text that is looked at, in bytes.
    static let maximumTextCount = 512

    /// The stored text.
    public let text: String
    /// How it was made.
    public let kind: HashKind
    let content: Content

    /// Parses a PHC text `$argon2id$v=19$m=,t=,p=$salt$hash` or a bcrypt text `$2a$`, `$2b$` or `$2y$`.
    ///
    /// - Throws: `HashFailure.unusable` for any other text, and for parameters out of bounds.
    public init(_ text: String) throws(HashFailure) {
        let bytes = [UInt8](text.utf8)
        guard bytes.count <= Self.maximumTextCount else {
            throw .unusable(reason: "longer than \(Self.maximumTextCount) bytes")
        }
        let fields = bytes.split(separator: UInt8(ascii: "$"), omittingEmptySubsequences: false)
        guard fields.count > 2, fields[0].isEmpty else {
            throw .unusable(reason: "not of the form $kind$...")
        }
        self.text = text
        switch fields[1] {
        case Self.argon2idName[...]: (kind, content) = try Self.parseArgon2id(fields)
        case Self.bcryptNames.0[...], Self.bcryptNames.1[...], Self.bcryptNames.2[...]:
            (kind, content) = (try Self.parseBcrypt(fields), .bcrypt)
        default: throw .unusable(reason: "unknown kind of hash; known are argon2id and bcrypt (2a, 2b, 2y)")
        }
        if let refusal = kind.refusal { throw .unusable(reason: refusal) }
    }

    private init(text: String, kind: HashKind, content: Content) {
        self.text = text
        self.kind = kind
        self.content = content
    }

    /// A hash that no password matches and whose comparison costs what one of `kind` costs: the work done for
    /// names that do not exist.
    public static func dummy(_ kind: HashKind) -> PasswordHash {
        switch kind {
        case .argon2id:
            let salt = [UInt8](repeating: 0, count: saltCount)
            return argon2id(kind, salt: salt, digest: [UInt8](repeating: 0, count: digestCount))
        case .bcrypt(let cost):
            let text = bcryptPrefix(cost: cost) + String(repeating: ".", count: 53)
            return PasswordHash(text: text, kind: kind, content: .bcrypt)
        }
    }

    /// Whether a login should replace this hash: another kind, other parameters, a shorter salt or digest.
    public func needsUpgrade(to wanted: HashKind) -> Bool {
        guard kind == wanted else { return true }
        guard case .argon2id(let salt, let digest) = content else { return false }
        return salt.count < Self.saltCount || digest.count < Self.digestCount
    }

    /// The kind, never the hash.
    public var description: String { "PasswordHash(\(kind))" }
    /// No children, so that dumps show nothing.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension PasswordHash {
    private static let argon2idName = [UInt8]("argon2id".utf8)
    private static let bcryptNames = ([UInt8]("2a".utf8), [UInt8]("2b".utf8), [UInt8]("2y".utf8))

    static func argon2id(_ kind: HashKind, salt: [UInt8], digest: [UInt8]) -> PasswordHash {
        var parameters = ""
        if case .argon2id(let memoryKiB, let passes, let lanes) = kind {
            parameters = "m=\(memoryKiB),t=\(passes),p=\(lanes)"
        }
        let text = "$argon2id$v=19$\(parameters)$\(encode(salt))$\(encode(digest))"
        return PasswordHash(text: text, kind: kind, content: .argon2id(salt: salt, digest: digest))
    }

    /// The kind of hashes whose text begins with `prefix`, which ends after the parameters; nil for those that
    /// are unusable.
    static func kind(ofPrefix prefix: String) -> HashKind? {
        let rest =
            prefix.hasPrefix("$argon2id$")
            ? String(repeating: "A", count: 22) + "$" + String(repeating: "A", count: 43)
            : String(repeating: ".", count: 53)
        return try? PasswordHash(prefix + rest).kind
    }

    static func bcryptPrefix(cost: Int) -> String { "$2b$\(cost < 10 ? "0" : "")\(cost)$" }

    private static func parseArgon2id(_ fields: [ArraySlice<UInt8>]) throws(HashFailure) -> (
        HashKind, Content
    ) {
        guard fields.count == 6, fields[2].elementsEqual("v=19".utf8) else {
            throw .unusable(reason: "argon2id not of the form $argon2id$v=19$m=,t=,p=$salt$hash")
        }
        let parameters = fields[3].split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        guard parameters.count == 3, let memoryKiB = number(parameters[0], after: "m="),
            let passes = number(parameters[1], after: "t="), let lanes = number(parameters[2], after: "p=")
        else { throw .unusable(reason: "argon2id parameters not of the form m=,t=,p=") }
        guard let salt = decode(fields[4]), (8...64).contains(salt.count) else {
            throw .unusable(reason: "argon2id salt is not base64 of 8 to 64 bytes")
        }
        guard let digest = decode(fields[5]), (16...128).contains(digest.count) else {
            throw .unusable(reason: "argon2id hash is not base64 of 16 to 128 bytes")
        }
        let kind = HashKind.argon2id(memoryKiB: memoryKiB, passes: passes, lanes: lanes)
        return (kind, .argon2id(salt: salt, digest: digest))
    }

    private static func parseBcrypt(_ fields: [ArraySlice<UInt8>]) throws(HashFailure) -> HashKind {
        guard fields.count == 4, fields[2].count == 2, fields[3].count == 53,
            ASCII.consists(fields[3], ofAlphanumericsAnd: "./", upTo: 53),
            let cost = digits(fields[2])
        else { throw .unusable(reason: "bcrypt not of the form $2b$NN$ and 53 characters") }
        return .bcrypt(cost: cost)
    }

    /// A decimal number of 1 to 9 digits without a leading zero, so that each hash has one spelling.
    private static func number(_ text: ArraySlice<UInt8>, after prefix: StaticString) -> Int? {
        let value = text.dropFirst(prefix.utf8CodeUnitCount)
        guard text.starts(with: "\(prefix)".utf8), (1...9).contains(value.count),
            value.first != UInt8(ascii: "0")
        else { return nil }
        return digits(value)
    }

    private static func digits(_ text: ArraySlice<UInt8>) -> Int? {
        var value = 0
        for byte in text {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            value = value * 10 + Int(byte - UInt8(ascii: "0"))
        }
        return value
    }

    /// Base64 without padding, as PHC texts have it.
    private static func encode(_ bytes: [UInt8]) -> String {
        let text = Base64.encode(bytes)
        return String(decoding: text.prefix { $0 != UInt8(ascii: "=") }, as: UTF8.self)
    }

    private static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        guard text.last != UInt8(ascii: "=") else { return nil }
        let padding = [UInt8](repeating: UInt8(ascii: "="), count: (4 - text.count % 4) % 4)
        return Base64.decode(text + padding)
    }
}
