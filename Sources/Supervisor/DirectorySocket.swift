import Glibc
public import Transport

/// Addresses of unix sockets by way of their directory's descriptor, for paths that a socket address is too short
/// for (107 bytes).
public struct DirectorySocket: ~Copyable {
    private let directory: FileDescriptor?
    /// The path to bind or to connect to; good as long as this value lives.
    public let path: String

    /// - Throws: `SystemError` if the directory cannot be opened.
    public init(_ path: String) throws(SystemError) {
        guard path.utf8.count > 107, let slash = path.lastIndex(of: "/") else {
            directory = nil
            self.path = path
            return
        }
        let number = open(String(path[..<slash]) + "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard number >= 0 else { throw SystemError(call: "open") }
        directory = FileDescriptor(number)
        self.path = "/proc/self/fd/\(number)\(path[slash...])"
    }

    /// The address of `path`.
    public func address() throws(SystemError) -> SocketAddress {
        guard let address = SocketAddress(unixPath: path) else {
            throw SystemError(call: "bind", code: ENAMETOOLONG)
        }
        return address
    }
}
