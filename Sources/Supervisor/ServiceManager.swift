import Glibc

/// The service manager's notification socket: states go there as datagrams (sd_notify(3)). Without one, or if it
/// does not listen, nothing happens: a gateway never waits for whoever watches it.
struct ServiceManager: ~Copyable {
    /// Milliseconds in which it wants a sign of life (`WATCHDOG_USEC`); nil if it wants none from this process.
    let watchdogMilliseconds: Int?
    private let descriptor: Int32
    private var address = sockaddr_un()
    private var length: socklen_t = 0

    /// Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID of this process.
    init() { self.init(variable: { name in getenv(name).map { String(cString: $0) } }, pid: Int(getpid())) }

    init(variable: (String) -> String?, pid: Int) {
        watchdogMilliseconds = Self.watchdog(variable, pid)
        address.sun_family = sa_family_t(AF_UNIX)
        var path = Array((variable("NOTIFY_SOCKET") ?? "").utf8)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        // Of other kinds, such as "vsock:", nobody starts a gateway.
        guard path.count > 1, path.count < room, path[0] == UInt8(ascii: "/") || path[0] == UInt8(ascii: "@")
        else {
            descriptor = -1
            return
        }
        // A name without a file (unix(7), abstract): it begins with a NUL, and its length is part of it.
        if path[0] == UInt8(ascii: "@") { path[0] = 0 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
        length = socklen_t(MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2) + socklen_t(path.count)
        let kind = Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        descriptor = socket(AF_UNIX, kind, 0)
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Whether somebody wants to be told.
    var isThere: Bool { descriptor >= 0 }

    /// Sends `states`, each as `NAME=value`, in one message; whether it was taken.
    @discardableResult
    func send(_ states: [String]) -> Bool {
        guard isThere else { return false }
        // A line break would begin another state.
        let lines = states.map { $0.utf8.map { $0 < 0x20 ? 0x20 : $0 } }
        let message = Array(lines.joined(separator: [0x0a]))
        var target = address
        let count = withUnsafePointer(to: &target) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor, message, message.count, Int32(MSG_NOSIGNAL), $0, length)
            }
        }
        return count == message.count
    }

    /// Without WATCHDOG_PID the sign of life is this process's as well (sd_watchdog_enabled(3)).
    private static func watchdog(_ variable: (String) -> String?, _ pid: Int) -> Int? {
        guard let microseconds = variable("WATCHDOG_USEC").flatMap({ Int($0) }), microseconds > 0 else {
            return nil
        }
        if let wanted = variable("WATCHDOG_PID"), Int(wanted) != pid { return nil }
        return max(1, microseconds / 1_000)
    }
}
