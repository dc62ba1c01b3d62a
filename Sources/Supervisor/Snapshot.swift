import CLinux
import Glibc
import Transport

/// Bytes in memory that workers inherit as a descriptor: what the configuration was when its generation began.
final class Snapshot {
    /// The memfd.
    let descriptor: Int32

    /// Copies `bytes` into a memfd of their own.
    init(_ bytes: [UInt8]) throws(SystemError) {
        descriptor = clinux_memfd_create("gatehouse-configuration")
        guard descriptor >= 0 else { throw SystemError(call: "memfd_create") }
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                pwrite(descriptor, $0.baseAddress.map { $0 + done }, $0.count - done, off_t(done))
            }
            guard count > 0 else {
                let code = errno
                close(descriptor)
                throw SystemError(call: "write", code: code)
            }
            done += count
        }
    }

    /// Takes over the memfd `descriptor`.
    init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// The bytes in the memfd `descriptor`, which several processes may read at the same time.
    static func read(_ descriptor: Int32) throws(SystemError) -> [UInt8] {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw SystemError(call: "fstat") }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var done = 0
        while done < bytes.count {
            let offset = done
            let count = bytes.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress.map { $0 + offset }, $0.count - offset, off_t(offset))
            }
            guard count > 0 else { throw SystemError(call: "read", code: count < 0 ? errno : EIO) }
            done += count
        }
        return bytes
    }
}
