internal import CArgon2

/// One cost setting of Argon2id, version 0x13.
struct Argon2id {
    var memoryKiB: Int
    var passes: Int
    var lanes: Int

    /// The digest of `password`; uses `memoryKiB` of memory and `lanes` threads while it runs. libargon2 wipes
    /// its memory before it gives it back.
    func digest(of password: [UInt8], salt: [UInt8], count: Int) throws(HashFailure) -> [UInt8] {
        guard let passes = UInt32(exactly: passes), let memoryKiB = UInt32(exactly: memoryKiB),
            let lanes = UInt32(exactly: lanes), let passwordCount = UInt32(exactly: password.count)
        else { throw .kindRefused(reason: "argon2id parameters out of range") }
        var digest = [UInt8](repeating: 0, count: count)
        let status = digest.withUnsafeMutableBufferPointer { output in
            password.withUnsafeBufferPointer { password in
                salt.withUnsafeBufferPointer { salt in
                    var context = argon2_context()
                    (context.out, context.outlen) = (output.baseAddress, UInt32(output.count))
                    // Declared mutable for flags that clear them, which are not set.
                    context.pwd = UnsafeMutablePointer(mutating: password.baseAddress)
                    context.pwdlen = passwordCount
                    context.salt = UnsafeMutablePointer(mutating: salt.baseAddress)
                    context.saltlen = UInt32(salt.count)
                    (context.t_cost, context.m_cost) = (passes, memoryKiB)
                    (context.lanes, context.threads) = (lanes, lanes)
                    context.version = UInt32(ARGON2_VERSION_13.rawValue)
                    context.allocate_cbk = Self.allocate
                    context.free_cbk = Self.free
                    return argon2id_ctx(&context)
                }
            }
        }
        guard status == ARGON2_OK.rawValue else {
            throw .unavailable(reason: "argon2id: \(String(cString: argon2_error_message(status)))")
        }
        return digest
    }

    private static let allocate: allocate_fptr = { result, count in
        guard let base = HashMemory.allocate(count) else { return ARGON2_MEMORY_ALLOCATION_ERROR.rawValue }
        result?.pointee = base.assumingMemoryBound(to: UInt8.self)
        return ARGON2_OK.rawValue
    }

    private static let free: deallocate_fptr = { base, count in
        if let base { HashMemory.free(base, count) }
    }
}
