internal import CSQLite
internal import Glibc

/// Turns what SQLite reports into an error that names the file and says what to do.
enum SQLiteFailure {
    /// The error of the last call on `handle`, which returned `code`. `handle` may be nil after a failed open.
    static func make(_ code: CInt, handle: OpaquePointer?, path: String) -> StoreError {
        let extended = handle.map { sqlite3_extended_errcode($0) } ?? code
        // Only these codes set it; after any other it is what an earlier call left behind.
        let hasSystemError = [SQLITE_IOERR, SQLITE_CANTOPEN].contains(code & 0xff)
        let systemError = hasSystemError ? handle.map { sqlite3_system_errno($0) } ?? 0 : 0
        let text = String(cString: handle.map { sqlite3_errmsg($0) } ?? sqlite3_errstr(code))
        let system = systemError == 0 ? "" : ": " + String(cString: strerror(systemError))
        let cause = cause(code & 0xff, systemError: systemError)
        return error(cause, path: path, what: "\(text)\(system) (SQLite code \(extended))")
    }

    /// The error of `cause`, with the advice that belongs to it.
    static func error(_ cause: StoreError.Cause, path: String, what: String) -> StoreError {
        .unavailable(cause, detail: "users store \(path): \(headline(cause)): \(what); \(advice(cause))")
    }

    /// The cause behind a primary result code and the errno beneath it.
    static func cause(_ code: CInt, systemError: CInt) -> StoreError.Cause {
        switch systemError {
        case ENOSPC, EDQUOT, EFBIG: return .diskFull
        case EROFS: return .readOnly
        case ENOENT, ENOTDIR: return .missing
        case EACCES, EPERM: return .permission
        default: break
        }
        switch code {
        case SQLITE_BUSY, SQLITE_LOCKED: return .busy
        case SQLITE_FULL: return .diskFull
        case SQLITE_READONLY: return .readOnly
        case SQLITE_CORRUPT, SQLITE_NOTADB: return .corrupt
        case SQLITE_PERM, SQLITE_AUTH: return .permission
        case SQLITE_NOMEM: return .memory
        default: return .failed
        }
    }

    private static func headline(_ cause: StoreError.Cause) -> String {
        switch cause {
        case .busy: "locked by another process"
        case .diskFull: "disk full"
        case .readOnly: "cannot be written"
        case .missing: "does not exist"
        case .permission: "permission denied"
        case .corrupt: "damaged, or not a users store"
        case .newerSchema: "made by a newer version"
        case .memory: "out of memory"
        case .failed: "failed"
        }
    }

    private static func advice(_ cause: StoreError.Cause) -> String {
        switch cause {
        case .busy: "nothing was changed; try again, and look for a program that keeps the file open"
        case .diskFull:
            "nothing was changed and nothing was lost; free space on its file system and try again"
        case .readOnly:
            "nothing was changed; check the mount, and that the file and its directory are writable"
        case .missing: "check the path, and create its directory"
        case .permission: "check the owner and mode of the file and its directory"
        case .corrupt: "stop the gateway, then restore a backup, or try `sqlite3 FILE .recover`"
        case .newerSchema: "run the newer version, or restore the backup made before its first start"
        case .memory: "nothing was changed; raise the memory limit"
        case .failed: "nothing was changed; see the system's log for errors of that disk"
        }
    }
}
