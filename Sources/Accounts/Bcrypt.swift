internal import CCrypt
internal import Glibc

/// bcrypt, and what else crypt(3) knows, through crypt(3).
enum Bcrypt {
    /// The bytes of a password that bcrypt reads.
    static let maximumCount = 72

    /// Why bcrypt cannot take `password` whole, or nil. Cutting it would let two passwords open one account.
    static func refusal(of password: [UInt8]) -> HashFailure? {
        if password.count > maximumCount { return .tooLongForBcrypt }
        return password.contains(0) ? .nulInPassword : nil
    }

    /// The bytes of a password that crypt(3) takes for other kinds than bcrypt.
    private static let maximumPhrase = 511

    /// Whether crypt(3) takes `password` whole for a hash of `kind`.
    static func isFit(_ password: [UInt8], for kind: HashKind) -> Bool {
        if case .bcrypt = kind { return refusal(of: password) == nil }
        return password.count <= maximumPhrase && !password.contains(0)
    }

    /// The setting of a new hash.
    static func setting(cost: Int, salt: [UInt8]) throws(HashFailure) -> [UInt8] {
        var output = [CChar](repeating: 0, count: 192)
        let status = salt.withUnsafeBytes { salt in
            ccrypt_gensalt(
                "$2b$", UInt(cost), salt.baseAddress?.assumingMemoryBound(to: CChar.self), CInt(salt.count),
                &output, CInt(output.count))
        }
        guard status == 0 else { throw .unavailable(reason: "bcrypt: no setting for cost \(cost)") }
        return bytes(output)
    }

    /// The hash text of `password`, which is free of NUL, under `setting`.
    static func crypt(_ password: [UInt8], setting: [UInt8]) throws(HashFailure) -> [UInt8] {
        var output = [CChar](repeating: 0, count: 384)
        let setting = setting.map { CChar(bitPattern: $0) } + [0]
        // The copy with its end mark is ours to wipe; an array's storage might move and leave one behind.
        let status = withUnsafeTemporaryAllocation(of: CChar.self, capacity: password.count + 1) { phrase in
            guard let base = phrase.baseAddress else { return CInt(-1) }
            phrase.initialize(repeating: 0)
            for (index, byte) in password.enumerated() { phrase[index] = CChar(bitPattern: byte) }
            defer { explicit_bzero(base, phrase.count) }
            return ccrypt_hash(base, setting, &output, CInt(output.count))
        }
        guard status == 0 else { throw .unavailable(reason: "crypt(3) failed (errno \(errno))") }
        return bytes(output)
    }

    private static func bytes(_ text: [CChar]) -> [UInt8] {
        text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    }
}
