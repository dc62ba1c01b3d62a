import Glibc
import Transport

/// A redis-server of our own in a directory of its own, on a unix socket.
public final class RealServer {
    /// Where it keeps its files.
    public let directory: String
    /// Path of its socket.
    public let path: String
    private let options: [String]
    /// Its process; -1 while it does not run.
    public private(set) var process: Int32 = -1

    /// Starts one with further command line options.
    public init(_ options: [String] = []) throws {
        directory = try makeDirectory("real-redis")
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
    public func start() throws {
        let words =
            [
                "redis-server", "--port", "0", "--unixsocket", path, "--dir", directory, "--save", "",
                "--logfile", directory + "/log", "--daemonize", "no",
            ] + options
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        guard posix_spawnp(&process, "redis-server", nil, nil, &arguments, environ) == 0 else {
            throw SupportError(message: "redis-server cannot be run")
        }
        for _ in 0..<500 {
            if takesConnections { return }
            usleep(10_000)
        }
        throw SupportError(message: "redis-server did not start")
    }

    /// Its socket is there a moment before it listens.
    private var takesConnections: Bool {
        guard let address = SocketAddress(unixPath: path) else { return false }
        return (try? Sockets.connectBlocking(address)) != nil
    }

    /// Kills it; its data is gone.
    public func kill() {
        guard process > 0 else { return }
        Glibc.kill(process, SIGKILL)
        waitpid(process, nil, 0)
        process = -1
        unlink(path)
    }

    /// Stops it where it is.
    public func pause() { Glibc.kill(process, SIGSTOP) }
    /// Lets it go on.
    public func resume() { Glibc.kill(process, SIGCONT) }
}
