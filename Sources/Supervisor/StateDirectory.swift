import Glibc
import Transport

/// The gateway's own directory: made with mode 0700, and held by one process at a time.
public final class StateDirectory {
    /// Its absolute path.
    public let path: String
    /// Whether the process that held it before ended without saying goodbye.
    public let wasAbandoned: Bool
    private let lock: FileDescriptor

    /// Makes the directory if there is none, and takes its lock.
    ///
    /// - Throws: `ExitFailure` with status 73 (cannot be made, or held by another process) or 77.
    public init(path: String) throws(ExitFailure) {
        try Self.make(path)
        guard let absolute = Self.absolute(path) else {
            throw Self.failure("cannot use \(path)", errno)
        }
        self.path = absolute
        let lockPath = absolute + "/lock"
        let number = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard number >= 0 else { throw Self.failure("cannot open \(lockPath)", errno) }
        lock = FileDescriptor(number)
        wasAbandoned = !Self.read(number).isEmpty
        guard flock(number, LOCK_EX | LOCK_NB) == 0 else {
            throw ExitFailure(
                status: ExitStatus.cannotCreate,
                message: "already running\(Self.owner(number)) on \(absolute)")
        }
        Self.write(number, "\(getpid())\n")
    }

    /// The directory at the absolute `path`, which this process holds already by its descriptor `lock`.
    init(path: String, lock: Int32) {
        self.path = path
        self.lock = FileDescriptor(lock)
        wasAbandoned = false
    }

    /// The descriptor that holds the directory.
    var lockDescriptor: Int32 { lock.number }

    /// Says that the holder ends in good order.
    public func markFinished() { Self.write(lock.number, "") }

    /// A file or directory in it.
    public func file(_ name: String) -> String { "\(path)/\(name)" }

    /// The pid of the process that holds the directory at `path`, if one does.
    public static func holder(of path: String) -> Int? {
        let number = open(path + "/lock", O_RDONLY | O_CLOEXEC)
        guard number >= 0 else { return nil }
        let lock = FileDescriptor(number)
        if flock(lock.number, LOCK_SH | LOCK_NB) == 0 { return nil }
        return Int(read(lock.number))
    }

    /// Makes a directory of mode 0700 with its parents, if there is none.
    ///
    /// - Throws: `ExitFailure` with status 73 or 77.
    public static func make(_ path: String) throws(ExitFailure) {
        var status = stat()
        if stat(path, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFDIR else {
                throw ExitFailure(status: ExitStatus.cannotCreate, message: "\(path) is not a directory")
            }
            return
        }
        let trimmed = path.hasSuffix("/") && path.utf8.count > 1 ? String(path.dropLast()) : path
        if let slash = trimmed.lastIndex(of: "/"), slash > trimmed.startIndex {
            try make(String(trimmed[..<slash]))
        }
        guard mkdir(trimmed, 0o700) == 0 else {
            if errno == EEXIST { return }
            throw failure("cannot make the directory \(path)", errno)
        }
        // A strict umask may have taken the owner's own rights.
        guard chmod(trimmed, 0o700) == 0 else {
            throw failure("cannot make the directory \(path)", errno)
        }
    }

    private static func failure(_ text: String, _ code: Int32) -> ExitFailure {
        let isForbidden = code == EACCES || code == EPERM
        return ExitFailure(
            status: isForbidden ? ExitStatus.notPermitted : ExitStatus.cannotCreate,
            message: "\(text): \(SystemError.text(code))")
    }

    private static func absolute(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    private static func owner(_ number: Int32) -> String {
        let pid = read(number)
        return pid.isEmpty ? "" : ", pid \(pid)"
    }

    private static func read(_ number: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 32)
        let count = pread(number, &bytes, bytes.count, 0)
        return String(decoding: bytes[..<max(count, 0)].filter { $0 >= 48 && $0 <= 57 }, as: UTF8.self)
    }

    private static func write(_ number: Int32, _ text: String) {
        ftruncate(number, 0)
        let bytes = Array(text.utf8)
        _ = pwrite(number, bytes, bytes.count, 0)
    }
}
