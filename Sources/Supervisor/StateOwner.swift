import Glibc
import Transport

/// Whose the gateway's files are.
public enum StateOwner {
    /// Makes this process act as the owner of the state directory at `path`, if it is root's process and somebody
    /// else's directory: what root made in it, such as SQLite's and Redis' files, would lock the gateway out.
    ///
    /// - Throws: `ExitFailure` with status 77.
    public static func assume(_ path: String) throws(ExitFailure) {
        var status = stat()
        guard geteuid() == 0, stat(path, &status) == 0, status.st_uid != 0 else { return }
        guard setgroups(0, nil) == 0, setgid(status.st_gid) == 0, setuid(status.st_uid) == 0 else {
            let code = errno
            throw ExitFailure(
                status: ExitStatus.notPermitted,
                message: "cannot act as the owner of \(path): \(SystemError.text(code))")
        }
    }
}
