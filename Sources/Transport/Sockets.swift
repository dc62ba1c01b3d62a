import CLinux
import Glibc

/// Socket calls; each returns a descriptor that is non-blocking and close-on-exec, or throws what failed.
public enum Sockets {
    /// Binds and listens. A stale unix socket is removed first; a live one is an error (EADDRINUSE).
    public static func listen(
        _ address: SocketAddress, backlog: Int32, unixMode: UInt32 = 0o666
    ) throws(SystemError) -> FileDescriptor {
        let socket = try make(address.family)
        var on: Int32 = 1
        if address.family == AF_UNIX {
            try removeStaleSocket(address)
        } else {
            setsockopt(socket.number, SOL_SOCKET, SO_REUSEADDR, &on, 4)
            if address.family == AF_INET6 {
                var off: Int32 = 0
                setsockopt(socket.number, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &off, 4)
            }
        }
        let before = address.family == AF_UNIX ? umask(0o777 & ~unixMode) : 0
        let bound = address.withPointer { bind(socket.number, $0, address.length) }
        let code = errno
        if address.family == AF_UNIX { umask(before) }
        guard bound == 0 else { throw SystemError(call: "bind", code: code) }
        guard Glibc.listen(socket.number, backlog) == 0 else { throw SystemError(call: "listen") }
        return socket
    }

    /// Starts to connect; completion is reported by writability.
    static func connect(_ address: SocketAddress) throws(SystemError) -> FileDescriptor {
        let socket = try make(address.family)
        if address.family != AF_UNIX { setNoDelay(socket.number) }
        let result = address.withPointer { Glibc.connect(socket.number, $0, address.length) }
        // A unix socket whose backlog is full says EAGAIN at once instead of waiting.
        if result != 0 && errno != EINPROGRESS { throw SystemError(call: "connect") }
        return socket
    }

    /// Connects and waits for it; the descriptor is blocking. For the command line.
    public static func connectBlocking(_ address: SocketAddress) throws(SystemError) -> FileDescriptor {
        let number = socket(address.family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw SystemError(call: "socket") }
        let descriptor = FileDescriptor(number)
        let result = address.withPointer { Glibc.connect(number, $0, address.length) }
        guard result == 0 else { throw SystemError(call: "connect") }
        return descriptor
    }

    /// The pending error of a connect that has finished; 0 if it succeeded.
    static func pendingError(_ descriptor: Int32) -> Int32 {
        var code: Int32 = 0
        var length = socklen_t(4)
        return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length) == 0 ? code : errno
    }

    /// Bytes that were received and not read.
    static func unreadBytes(_ descriptor: Int32) -> Int32 {
        var count: Int32 = 0
        return ioctl(descriptor, UInt(FIONREAD), &count) == 0 ? count : 0
    }

    /// Whether a descriptor from elsewhere is a stream socket that listens.
    public static func isListening(_ descriptor: Int32) -> Bool {
        var kind: Int32 = 0
        var listens: Int32 = 0
        var length = socklen_t(4)
        return getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &kind, &length) == 0
            && kind == Int32(SOCK_STREAM.rawValue)
            && getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) == 0 && listens != 0
    }

    /// Sends small writes at once (TCP_NODELAY).
    public static func setNoDelay(_ descriptor: Int32) {
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, 4)
    }

    /// The address that a bound socket has.
    public static func localAddress(_ descriptor: Int32) -> SocketAddress? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = withUnsafeMutablePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        return result == 0 ? SocketAddress(storage, length: length) : nil
    }

    /// Makes a descriptor from elsewhere non-blocking and close-on-exec.
    public static func adopt(_ descriptor: Int32) {
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }

    private static func make(_ family: Int32) throws(SystemError) -> FileDescriptor {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let number = socket(family, kind, 0)
        guard number >= 0 else { throw SystemError(call: "socket") }
        return FileDescriptor(number)
    }

    /// Connecting to a file that is no socket is refused too; only a socket may be removed.
    private static func removeStaleSocket(_ address: SocketAddress) throws(SystemError) {
        let path = String(address.description.dropFirst("unix:".count))
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return }
        let probe = try make(AF_UNIX)
        let result = address.withPointer { Glibc.connect(probe.number, $0, address.length) }
        if result == 0 { throw SystemError(call: "bind", code: EADDRINUSE) }
        guard errno == ECONNREFUSED else { return }
        unlink(path)
    }
}
