import CLinux
import Glibc
import Transport

/// The private redis-server: where its files are, and the process that becomes it.
public enum RedisChild {
    /// Milliseconds to wait for another redis-server to let go of the directory.
    static let lockPatience: Int64 = 10_000
    /// Exit status when somebody else holds the append-only file.
    static let heldStatus: Int32 = 75

    /// The directory below the state directory.
    static func directory(in state: String) -> String { state + "/redis" }
    /// Its unix socket.
    static func socket(in state: String) -> String { directory(in: state) + "/redis.sock" }
    /// Its unix socket by a path that fits an address (107 bytes); a longer one goes by way of a descriptor of the
    /// directory, which this process then keeps.
    static func reachableSocket(in state: String) -> String {
        let path = socket(in: state)
        guard path.utf8.count > 107 else { return path }
        let descriptor = open(directory(in: state), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        return descriptor >= 0 ? "/proc/self/fd/\(descriptor)/redis.sock" : path
    }
    /// Its log.
    static func log(in state: String) -> String { directory(in: state) + "/redis.log" }

    /// The arguments of the hidden subcommand, after its name.
    static func arguments(program: String, state: String) -> [String] {
        ["\(getpid())", program, directory(in: state)]
    }

    /// The hidden subcommand `redis-child`: this process becomes redis-server, bound to die with the master.
    ///
    /// - Returns: An exit status, if it could not.
    public static func run(_ arguments: [String]) -> Int32 {
        guard arguments.count == 3, let parent = Int32(arguments[0]) else { return ExitStatus.usage }
        guard clinux_set_parent_death_signal(SIGTERM) == 0, getppid() == parent else {
            return ExitStatus.failure
        }
        let directory = arguments[2]
        guard chdir(directory) == 0, let lock = lock() else { return heldStatus }
        // A socket left behind by a crash would look alive until the first connect.
        unlink("redis.sock")
        _ = fcntl(lock, F_SETFD, 0)
        umask(0o077)
        var pointers = ([arguments[1]] + options).map { strdup($0) } + [nil]
        execv(arguments[1], &pointers)
        return ExitStatus.unavailable
    }

    /// The lock that redis-server inherits and holds as long as it lives, so that two never open one append-only
    /// file, whoever their masters are.
    private static func lock() -> Int32? {
        let descriptor = open("lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return nil }
        let deadline = Clock.monotonicMilliseconds() + lockPatience
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard Clock.monotonicMilliseconds() < deadline else { return nil }
            usleep(20_000)
        }
        return descriptor
    }

    /// No TCP; every write in the append-only file within a second; nothing is ever evicted, since that would log
    /// users out at random.
    private static let options = [
        "--port", "0", "--unixsocket", "redis.sock", "--unixsocketperm", "700", "--dir", ".",
        "--appendonly", "yes", "--appendfsync", "everysec", "--save", "", "--maxmemory-policy", "noeviction",
        "--logfile", "redis.log", "--daemonize", "no", "--supervised", "no", "--databases", "16",
        "--tcp-backlog", "511", "--protected-mode", "yes",
    ]
}
