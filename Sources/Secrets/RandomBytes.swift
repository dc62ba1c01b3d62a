internal import COpenSSL

/// The random generator gave nothing. Whoever needed the bytes must fail; there is no second-best source.
public struct RandomFailure: Error, Equatable {
    /// The failure.
    public init() {}
}

/// Unpredictable bytes from OpenSSL's generator, which the kernel seeds.
public enum RandomBytes {
    /// Fills `buffer` to its end.
    ///
    /// - Throws: `RandomFailure`; the buffer's content is then worthless.
    public static func fill(_ buffer: UnsafeMutableRawBufferPointer) throws(RandomFailure) {
        guard let base = buffer.baseAddress, buffer.count > 0 else { return }
        guard let count = CInt(exactly: buffer.count),
            RAND_bytes(base.assumingMemoryBound(to: UInt8.self), count) == 1
        else { throw RandomFailure() }
    }

    /// `count` fresh bytes.
    ///
    /// - Throws: `RandomFailure`.
    public static func make(count: Int) throws(RandomFailure) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var failed = false
        bytes.withUnsafeMutableBytes { buffer in
            do throws(RandomFailure) { try fill(buffer) } catch { failed = true }
        }
        guard !failed else { throw RandomFailure() }
        return bytes
    }
}
