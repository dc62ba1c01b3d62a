import Glibc

/// A server that says exactly what the test tells it to, on a unix socket; the test takes its turns.
public final class FakeServer {
    /// Path of its socket.
    public let path: String
    private let directory: String
    private var listener: Int32 = -1
    /// Connections taken and not closed, oldest first.
    public private(set) var connections: [Int32] = []

    /// Starts to listen.
    public init() throws {
        directory = try makeDirectory("fake-redis")
        path = directory + "/socket"
        listen()
    }

    deinit {
        closeAll()
        if listener >= 0 { close(listener) }
        unlink(path)
        rmdir(directory)
    }

    /// Takes connections again.
    public func listen() {
        listener = socket(
            AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        unlink(path)
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        Glibc.listen(listener, 16)
    }

    /// No new connection from now on.
    public func stopListening() {
        close(listener)
        listener = -1
        unlink(path)
    }

    /// Takes a connection if one waits.
    public func accept() -> Bool {
        let connection = Glibc.accept(listener, nil, nil)
        guard connection >= 0 else { return false }
        _ = fcntl(connection, F_SETFL, O_NONBLOCK)
        connections.append(connection)
        return true
    }

    /// What has come on the last connection since the last look; nil if it was closed.
    public func received() -> String? {
        guard let connection = connections.last else { return nil }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(connection, &block, block.count)
            guard count > 0 else { break }
            bytes += block[..<count]
            if count == 0 { return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self) }
        }
        var probe: UInt8 = 0
        if bytes.isEmpty, recv(connection, &probe, 1, Int32(MSG_PEEK)) == 0 { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Sends text on the last connection.
    public func send(_ text: String) { send([UInt8](text.utf8)) }

    /// Sends bytes on the last connection.
    public func send(_ bytes: [UInt8]) {
        guard let connection = connections.last else { return }
        _ = Glibc.send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    /// Closes the last connection; with what it has not read, that is a reset.
    public func hangUp() { if let connection = connections.popLast() { close(connection) } }

    /// Closes all connections.
    public func closeAll() { while !connections.isEmpty { hangUp() } }
}
