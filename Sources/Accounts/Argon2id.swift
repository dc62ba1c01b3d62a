internal import CArgon2

/// One cost setting of Argon2id, version 0x13.
struct Argon2id {
    var memoryKiB: Int
    var passes: Int
    var lanes: Int

    /// The digest of `password`; uses `memoryKiB` of memory and `lanes` threads while it runs. libargon2 wipes
    /// its memory before it frees it.
    func digest(of password: [UInt8], salt: [UInt8], count: Int) throws(HashFailure) -> [UInt8] {
        guard let passes = UInt32(exactly: passes), let memoryKiB = UInt32(exactly: memoryKiB),
            let lanes = UInt32(exactly: lanes)
        else { throw .kindRefused(reason: "argon2id parameters out of range") }
        var digest = [UInt8](repeating: 0, count: count)
        let status = digest.withUnsafeMutableBytes { output in
            password.withUnsafeBytes { password in
                salt.withUnsafeBytes { salt in
                    argon2id_hash_raw(
                        passes, memoryKiB, lanes, password.baseAddress, password.count, salt.baseAddress,
                        salt.count, output.baseAddress, output.count)
                }
            }
        }
        guard status == ARGON2_OK.rawValue else {
            throw .unavailable(reason: "argon2id: \(String(cString: argon2_error_message(status)))")
        }
        return digest
    }
}
