internal import Secrets

/// The hasher of the gateway: Argon2id by libargon2, bcrypt and its kin by crypt(3), htpasswd's by OpenSSL. Stateless, so any thread may use it.
public struct PasswordHasher: PasswordHashing {
    /// A hasher.
    public init() {}

    /// A fresh hash of `password` with a random salt of 16 bytes, as text to store.
    ///
    /// - Throws: `HashFailure`; for bcrypt also `nulInPassword` and `tooLongForBcrypt`.
    public func hash(_ password: [UInt8], kind: HashKind) throws(HashFailure) -> String {
        if let refusal = kind.refusal { throw .kindRefused(reason: refusal) }
        guard kind.isForNewHashes else { throw .kindRefused(reason: "\(kind) is for old hashes only") }
        let salt: [UInt8]
        do throws(RandomFailure) {
            salt = try RandomBytes.make(count: PasswordHash.saltCount)
        } catch {
            throw .unavailable(reason: "no random bytes")
        }
        switch kind {
        case .argon2id(let memoryKiB, let passes, let lanes):
            let cost = Argon2id(memoryKiB: memoryKiB, passes: passes, lanes: lanes)
            let digest = try cost.digest(of: password, salt: salt, count: PasswordHash.digestCount)
            return PasswordHash.argon2id(kind, salt: salt, digest: digest).text
        case .bcrypt(let cost):
            if let unfit = Bcrypt.refusal(of: password) { throw unfit }
            let text = try Bcrypt.crypt(password, setting: Bcrypt.setting(cost: cost, salt: salt))
            return String(decoding: text, as: UTF8.self)
        default: throw .kindRefused(reason: "\(kind) is for old hashes only")
        }
    }

    /// Whether `password` made `stored`. A password that crypt(3) cannot take whole matches no such hash, after the
    /// same work as any other.
    ///
    /// - Throws: `HashFailure.unavailable`.
    public func verify(_ password: [UInt8], against stored: PasswordHash) throws(HashFailure) -> Bool {
        switch (stored.kind, stored.content) {
        case (.argon2id(let memoryKiB, let passes, let lanes), .argon2id(let salt, let digest)):
            let cost = Argon2id(memoryKiB: memoryKiB, passes: passes, lanes: lanes)
            let found = try cost.digest(of: password, salt: salt, count: digest.count)
            return ConstantTime.areEqual(found, digest)
        case (let kind, .crypt(let count)):
            let isFit = Bcrypt.isFit(password, for: kind)
            let text = [UInt8](stored.text.utf8)
            let found = try Bcrypt.crypt(isFit ? password : [], setting: text)
            // Only the digest: crypt(3) may spell the unused bits of the salt's last character otherwise.
            let isEqual = ConstantTime.areEqual([UInt8](found.suffix(count)), [UInt8](text.suffix(count)))
            return isFit && isEqual
        case (.apr1, .apr1(let salt, let digest)):
            return ConstantTime.areEqual(APR1.digest(of: password, salt: salt), digest)
        case (.sha1, .sha1(let digest)):
            return ConstantTime.areEqual(SHA1.hash(password), digest)
        default:
            throw .unusable(reason: "kind and content differ")
        }
    }
}
