internal import Glibc

/// What tells one state of a file from another without reading it.
struct FileSignature: Sendable, Equatable {
    var device: UInt64
    var node: UInt64
    var size: Int64
    var seconds: Int
    var nanoseconds: Int

    private init(_ status: stat) {
        device = UInt64(status.st_dev)
        node = UInt64(status.st_ino)
        size = Int64(status.st_size)
        seconds = status.st_mtim.tv_sec
        nanoseconds = status.st_mtim.tv_nsec
    }

    /// That of the file at `path`, links followed.
    ///
    /// - Throws: `StoreError`.
    init(path: String) throws(StoreError) {
        var status = stat()
        guard stat(path, &status) == 0 else { throw Self.failure(path, errno, "looked at") }
        self.init(status)
    }

    /// The content of the file at `path`, and what the file was while it was read.
    ///
    /// - Throws: `StoreError`; also when it is no plain file, or larger than `limit` bytes.
    static func read(path: String, limit: Int) throws(StoreError) -> ([UInt8], FileSignature) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw failure(path, errno, "opened") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure(path, errno, "looked at") }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw .unavailable(.corrupt, detail: "\(path): not a plain file")
        }
        var content: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(descriptor, &block, block.count)
            if count == 0 { break }
            if count < 0 {
                if errno == EINTR { continue }
                throw failure(path, errno, "read")
            }
            content += block[..<count]
            guard content.count <= limit else {
                throw .unavailable(.corrupt, detail: "\(path): larger than \(limit >> 20) MiB")
            }
        }
        return (content, FileSignature(status))
    }

    private static func failure(_ path: String, _ code: CInt, _ what: String) -> StoreError {
        let cause: StoreError.Cause =
            switch code {
            case ENOENT, ENOTDIR: .missing
            case EACCES, EPERM: .permission
            default: .failed
            }
        return .unavailable(
            cause, detail: "\(path): cannot be \(what): \(String(cString: strerror(code)))")
    }
}
