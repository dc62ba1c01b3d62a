/// Where to listen or to connect to.
public enum Endpoint: Sendable, Hashable {
    /// Host (name or literal address without brackets; empty = every address) and port.
    case tcp(host: String, port: UInt16)
    /// Absolute path of a unix socket, or relative to the working directory.
    case unix(path: String)
    /// A socket that the supervisor opened, by its name (systemd `FileDescriptorName`).
    case inherited(name: String)
}
