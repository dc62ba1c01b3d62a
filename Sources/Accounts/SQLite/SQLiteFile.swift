internal import Glibc
internal import Synchronization

/// Makes the database file, so that its mode is ours and not that of SQLite's default.
enum SQLiteFile {
    /// Closing a descriptor drops every POSIX lock that this process holds on the file, SQLite's included; so
    /// creation is never in progress while a connection to the same new file is opened.
    private static let creation = Mutex(())

    /// Creates the file at `path` with mode 0600 unless there is one.
    static func createIfMissing(_ path: String) throws(StoreError) {
        guard !path.isEmpty, !path.utf8.contains(0) else {
            throw .invalid(detail: "users store: \(path.debugDescription) is not a path")
        }
        let failure = creation.withLock { _ -> CInt in
            let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { return errno }
            close(descriptor)
            return 0
        }
        guard failure != 0, failure != EEXIST else { return }
        let cause = SQLiteFailure.cause(0, systemError: failure)
        throw SQLiteFailure.error(
            cause, path: path, what: "cannot create it: \(String(cString: strerror(failure)))")
    }

    /// Whether there is a file at `path`.
    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }
}
