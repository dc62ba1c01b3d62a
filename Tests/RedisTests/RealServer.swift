import Glibc
import Testing

/// A redis-server of our own in a directory of its own, on a unix socket.
final class RealServer {
    let directory: String
    let path: String
    private let options: [String]
    private(set) var process: pid_t = -1

    init(_ options: [String] = []) throws {
        var template = [CChar]("/tmp/real-redis-XXXXXX".utf8CString)
        directory = try #require(mkdtemp(&template).map { String(cString: $0) })
        path = directory + "/socket"
        self.options = options
        try start()
    }

    deinit {
        kill()
        for name in ["socket", "dump.rdb", "log"] { unlink(directory + "/" + name) }
        rmdir(directory)
    }

    /// Starts it and waits until its socket takes connections.
    func start() throws {
        let words =
            [
                "redis-server", "--port", "0", "--unixsocket", path, "--dir", directory, "--save", "",
                "--logfile", directory + "/log", "--daemonize", "no",
            ] + options
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        try #require(posix_spawnp(&process, "redis-server", nil, nil, &arguments, environ) == 0)
        for _ in 0..<500 {
            if access(path, F_OK) == 0 { return }
            usleep(10_000)
        }
        Issue.record("redis-server did not start")
    }

    func kill() {
        guard process > 0 else { return }
        Glibc.kill(process, SIGKILL)
        waitpid(process, nil, 0)
        process = -1
        unlink(path)
    }

    func pause() { Glibc.kill(process, SIGSTOP) }
    func resume() { Glibc.kill(process, SIGCONT) }
}
