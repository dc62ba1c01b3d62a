internal import Glibc

/// Why a key file gave no key.
public enum KeyFileFailure: Error, Equatable {
    /// A system call failed; `call` says which, `errno` why.
    case system(call: String, errno: CInt)
    /// Not a regular file, or over `KeyFile.maximumCount` bytes.
    case unsuitable
    /// The key has only `count` bytes, less than `SigningKey.minimumCount`.
    case tooShort(count: Int)
    /// No random bytes for a new key.
    case noRandomness
}

/// The file that a signing key lives in: one line of text, for its owner's eyes only.
public enum KeyFile {
    /// Most bytes read from a key file.
    public static let maximumCount = 4096

    /// Reads the key in the file at `path`; see `KeyText` for the forms it may have.
    ///
    /// - Throws: `KeyFileFailure`.
    public static func read(path: String) throws(KeyFileFailure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
        guard descriptor >= 0 else { throw .system(call: "open", errno: errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .system(call: "fstat", errno: errno) }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_size <= maximumCount else { throw .unsuitable }
        let key = KeyText.decode(try content(descriptor))
        guard key.count >= SigningKey.minimumCount else { throw .tooShort(count: key.count) }
        return key
    }

    /// Reads the key in the file at `path`, which is first made with 32 random bytes as base64 and mode 0600 if
    /// there is none. The file appears complete or not at all, and one that is there is never written to: of two
    /// processes that make it at the same time, both read what the first one made.
    ///
    /// - Throws: `KeyFileFailure`.
    public static func readOrCreate(path: String) throws(KeyFileFailure) -> [UInt8] {
        do { return try read(path: path) } catch .system(call: "open", errno: ENOENT) {}
        try create(path: path)
        return try read(path: path)
    }

    private static func create(path: String) throws(KeyFileFailure) {
        let key: [UInt8]
        let suffix: [UInt8]
        do throws(RandomFailure) {
            key = try RandomBytes.make(count: SigningKey.minimumCount)
            suffix = try RandomBytes.make(count: 9)
        } catch { throw .noRandomness }
        let draft = path + "." + String(decoding: Base64URL.encode(suffix), as: UTF8.self) + ".tmp"
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .system(call: "open", errno: errno) }
        defer { unlink(draft) }
        defer { close(descriptor) }
        try write(Base64.encode(key) + [0x0a], to: descriptor)
        guard fsync(descriptor) == 0 else { throw .system(call: "fsync", errno: errno) }
        // link, unlike rename, never replaces a file that somebody made meanwhile.
        guard link(draft, path) == 0 || errno == EEXIST else { throw .system(call: "link", errno: errno) }
        synchronizeDirectory(of: path)
    }

    private static func content(_ descriptor: CInt) throws(KeyFileFailure) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: maximumCount + 1)
        var filled = 0
        while filled < bytes.count {
            let offset = filled
            let count = bytes.withUnsafeMutableBytes { buffer in
                Glibc.read(descriptor, buffer.baseAddress?.advanced(by: offset), buffer.count - offset)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .system(call: "read", errno: errno) }
            if count == 0 { break }
            filled += count
        }
        guard filled <= maximumCount else { throw .unsuitable }
        return [UInt8](bytes[..<filled])
    }

    private static func write(_ bytes: [UInt8], to descriptor: CInt) throws(KeyFileFailure) {
        var written = 0
        while written < bytes.count {
            let offset = written
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.write(descriptor, buffer.baseAddress?.advanced(by: offset), buffer.count - offset)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .system(call: "write", errno: errno) }
            written += count
        }
    }

    /// Makes the new name itself survive a power cut. Not every file system can; the key works all the same.
    private static func synchronizeDirectory(of path: String) {
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        let directory = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }
}
