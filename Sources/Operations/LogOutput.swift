import Glibc

/// Where the writer thread puts lines.
struct LogOutput: ~Copyable {
    private let destination: LogWriter.Destination
    private var descriptor: Int32
    /// A write ended inside a line; the next one starts on a line of its own.
    private var isTorn = false

    /// Opens `destination`.
    ///
    /// - Throws: the errno of open(2).
    init(_ destination: LogWriter.Destination) throws(LogFailure) {
        self.destination = destination
        switch destination {
        case .standardOutput: descriptor = STDOUT_FILENO
        case .standardError: descriptor = STDERR_FILENO
        case .file(let path): descriptor = try Self.open(path)
        }
    }

    deinit { if descriptor > STDERR_FILENO { close(descriptor) } }

    /// Opens the file's name anew, after somebody moved the file away. Failing that, it stays with the old one.
    mutating func reopen() throws(LogFailure) {
        guard case .file(let path) = destination else { return }
        let fresh = try Self.open(path)
        close(descriptor)
        descriptor = fresh
        isTorn = false
    }

    /// Writes whole lines; waits as long as the reader of a pipe lets it wait.
    mutating func write(_ lines: UnsafeRawBufferPointer) throws(LogFailure) {
        if isTorn {
            var lineEnd: UInt8 = 0x0a
            guard Glibc.write(descriptor, &lineEnd, 1) == 1 else { throw LogFailure(errno: errno) }
            isTorn = false
        }
        var done = 0
        while done < lines.count {
            let count = Glibc.write(descriptor, lines.baseAddress.map { $0 + done }, lines.count - done)
            if count > 0 {
                done += count
                continue
            }
            let code = errno
            if code == EINTR { continue }
            // Somebody who shares the pipe made it non-blocking.
            if code == EAGAIN {
                waitForRoom()
                continue
            }
            isTorn = done > 0 && lines[done - 1] != 0x0a
            throw LogFailure(errno: code)
        }
    }

    private func waitForRoom() {
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = poll(&entry, 1, 1_000)
    }

    private static func open(_ path: String) throws(LogFailure) -> Int32 {
        let descriptor = Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0o640)
        guard descriptor >= 0 else { throw LogFailure(errno: errno) }
        return descriptor
    }
}

/// Why a log could not be opened or written.
public struct LogFailure: Error, Sendable, Equatable {
    /// The errno.
    public let errno: Int32
}
