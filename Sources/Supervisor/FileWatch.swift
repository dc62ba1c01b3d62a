import Glibc

/// Whether files have changed, by what `stat` says of them: looked at once a second, it works on every file system, in
/// containers too, and for editors that put a new file in the place of the old.
struct FileWatch {
    private struct Signature: Equatable {
        var device: UInt64 = 0
        var node: UInt64 = 0
        var size: Int64 = 0
        var seconds = 0
        var nanoseconds = 0

        /// nil: there is no such file.
        init?(path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            device = UInt64(status.st_dev)
            node = UInt64(status.st_ino)
            size = Int64(status.st_size)
            seconds = status.st_mtim.tv_sec
            nanoseconds = status.st_mtim.tv_nsec
        }
    }

    private var known: [String: Signature?] = [:]
    /// A change was seen, and may go on.
    private var isChanging = false

    /// The files are now these. What was known of one before stays, so that no change is missed that came while they
    /// were read.
    mutating func follow(_ paths: [String]) {
        var next: [String: Signature?] = [:]
        for path in paths { next.updateValue(known[path] ?? Signature(path: path), forKey: path) }
        known = next
    }

    /// The gateway has made the file itself.
    mutating func accept(_ path: String) {
        if known[path] != nil { known.updateValue(Signature(path: path), forKey: path) }
    }

    /// Looks at the files. True once after a change, when nothing has changed any more since the last look.
    mutating func look() -> Bool {
        var hasChanged = false
        for (path, before) in known {
            let now = Signature(path: path)
            if now == before { continue }
            known.updateValue(now, forKey: path)
            hasChanged = true
        }
        defer { isChanging = hasChanged }
        return isChanging && !hasChanged
    }
}
