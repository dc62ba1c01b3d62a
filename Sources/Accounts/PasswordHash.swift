internal import Secrets

/// A stored hash, parsed and within the bounds of what is run.
///
/// Its description names the kind only, so that a hash in a log message stays a mistake without consequence.
public struct PasswordHash: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
    /// What is needed to compare.
    enum Content: Sendable, Equatable {
        case argon2id(salt: [UInt8], digest: [UInt8])
        /// The whole text is the setting of crypt(3), and ends with `digestCount` characters of hash.
        case crypt(digestCount: Int)
        case apr1(salt: [UInt8], digest: [UInt8])
        case sha1(digest: [UInt8])
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

    /// Parses a PHC text `$argon2id$v=19$m=,t=,p=$salt$hash`, a text of crypt(5) of the kinds `$2a$`, `$2b$`, `$2y$`,
    /// `$y$`, `$6$` and `$5$`, or one of htpasswd's: `$apr1$` and `{SHA}`.
    ///
    /// - Throws: `HashFailure.unusable` for any other text, and for parameters out of bounds.
    public init(_ text: String) throws(HashFailure) {
        let bytes = [UInt8](text.utf8)
        guard bytes.count <= Self.maximumTextCount else {
            throw .unusable(reason: "longer than \(Self.maximumTextCount) bytes")
        }
        self.text = text
        (kind, content) = try Self.parse(bytes)
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
            return PasswordHash(text: text, kind: kind, content: .crypt(digestCount: bcryptDigestCount))
        case .yescrypt(let cost): return crypt(kind, setting: yescryptPrefix(cost: cost) + dots(22), 43)
        case .sha512crypt(let rounds): return crypt(kind, setting: "$6$rounds=\(rounds)$" + dots(16), 86)
        case .sha256crypt(let rounds): return crypt(kind, setting: "$5$rounds=\(rounds)$" + dots(16), 43)
        case .apr1:
            let salt = [UInt8](repeating: UInt8(ascii: "."), count: 8)
            let content = Content.apr1(salt: salt, digest: [UInt8](repeating: 0, count: 16))
            return PasswordHash(text: "$apr1$" + dots(8) + "$" + dots(22), kind: kind, content: content)
        case .sha1:
            let digest = [UInt8](repeating: 0, count: 20)
            return PasswordHash(
                text: "{SHA}" + String(decoding: Base64.encode(digest), as: UTF8.self), kind: kind,
                content: .sha1(digest: digest))
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
    private static let bcryptDigestCount = 31

    private static func parse(_ bytes: [UInt8]) throws(HashFailure) -> (HashKind, Content) {
        if bytes.starts(with: "{SHA}".utf8) { return try parseSHA1(bytes.dropFirst(5)) }
        let fields = bytes.split(separator: UInt8(ascii: "$"), omittingEmptySubsequences: false)
        guard fields.count > 2, fields[0].isEmpty else {
            throw .unusable(reason: "not of the form $kind$...")
        }
        switch String(decoding: fields[1], as: UTF8.self) {
        case "argon2id": return try parseArgon2id(fields)
        case "2a", "2b", "2y": return (try parseBcrypt(fields), .crypt(digestCount: bcryptDigestCount))
        case "y": return try parseYescrypt(fields)
        case "6":
            return (.sha512crypt(rounds: try parseSHACrypt(fields, digestCount: 86)), .crypt(digestCount: 86))
        case "5":
            return (.sha256crypt(rounds: try parseSHACrypt(fields, digestCount: 43)), .crypt(digestCount: 43))
        case "apr1": return try parseAPR1(fields)
        default:
            throw .unusable(
                reason: "unknown kind of hash; known are argon2id, bcrypt (2a, 2b, 2y), yescrypt (y), "
                    + "SHA crypt (5, 6), apr1 and {SHA}")
        }
    }

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
        if prefix.hasPrefix("$6$") { return .sha512crypt(rounds: defaultRounds) }
        if prefix.hasPrefix("$5$") { return .sha256crypt(rounds: defaultRounds) }
        if prefix.hasPrefix("$apr1$") { return .apr1 }
        if prefix.hasPrefix("{SHA}") { return .sha1 }
        let rest =
            prefix.hasPrefix("$argon2id$")
            ? String(repeating: "A", count: 22) + "$" + String(repeating: "A", count: 43)
            : prefix.hasPrefix("$y$") ? dots(22) + "$" + dots(43) : dots(53)
        return try? PasswordHash(prefix + rest).kind
    }

    static func dots(_ count: Int) -> String { String(repeating: ".", count: count) }

    static func crypt(_ kind: HashKind, setting: String, _ digestCount: Int) -> PasswordHash {
        PasswordHash(
            text: "\(setting)$\(dots(digestCount))", kind: kind, content: .crypt(digestCount: digestCount))
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

    static func digits(_ text: ArraySlice<UInt8>) -> Int? {
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

    static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        guard text.last != UInt8(ascii: "=") else { return nil }
        let padding = [UInt8](repeating: UInt8(ascii: "="), count: (4 - text.count % 4) % 4)
        return Base64.decode(text + padding)
    }
}
