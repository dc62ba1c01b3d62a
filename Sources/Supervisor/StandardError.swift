import Glibc
import Synchronization

/// What a command says to the person before it.
public enum StandardError {
    private static let quiet = Atomic(false)

    /// Writes `text` as it is: errors, warnings, questions.
    public static func write(_ text: String) { writeAll(text, to: STDERR_FILENO) }

    /// Writes `text`, unless only errors are wanted: what was done, as it was meant.
    public static func say(_ text: String) { if !quiet.load(ordering: .relaxed) { write(text) } }

    /// From now on nothing is said that is no error.
    public static func beQuiet() { quiet.store(true, ordering: .relaxed) }

    static func writeAll(_ text: String, to descriptor: Int32) {
        let bytes = Array(text.utf8)
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            done += count
        }
    }
}

/// What a command gives to the next program.
public enum StandardOutput {
    /// Writes `text` as it is.
    public static func write(_ text: String) { StandardError.writeAll(text, to: STDOUT_FILENO) }
    /// Writes `bytes` as they are.
    public static func write(_ bytes: [UInt8]) { write(String(decoding: bytes, as: UTF8.self)) }
}

/// How many files this process may open.
enum FileLimit {
    /// Raises the soft limit to the hard one.
    static func raise() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
