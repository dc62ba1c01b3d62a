import CLinux
import Glibc

/// Files of a few kilobytes, read at once.
enum SmallFile {
    /// The content; nil if it cannot be read or has more than `limit` bytes.
    static func read(_ path: String, limit: Int) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: limit + 1)
        var count = 0
        while count <= limit {
            let got = bytes.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress.map { $0 + count }, limit + 1 - count)
            }
            if got < 0 { return nil }
            if got == 0 { break }
            count += got
        }
        return count <= limit ? Array(bytes[..<count]) : nil
    }
}

/// CPUs this process may run on.
func clinuxCPUCount() -> Int32 { clinux_cpu_count() }
