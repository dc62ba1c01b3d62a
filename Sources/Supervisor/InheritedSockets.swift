import Glibc

/// Listening sockets that the service manager opened (sd_listen_fds(3)).
struct InheritedSockets {
    private var descriptors: [String: Int32] = [:]
    private var repeated: Set<String> = []

    /// Reads LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES of this process.
    init() {
        self.init(variable: { name in getenv(name).map { String(cString: $0) } }, pid: Int(getpid()))
        for number in descriptors.values { _ = fcntl(number, F_SETFD, FD_CLOEXEC) }
    }

    init(variable: (String) -> String?, pid: Int) {
        guard let wanted = variable("LISTEN_PID"), Int(wanted) == pid,
            let text = variable("LISTEN_FDS"), let count = Int(text), (1...1_000).contains(count)
        else { return }
        let names = (variable("LISTEN_FDNAMES") ?? "").split(separator: ":", omittingEmptySubsequences: false)
        for index in 0..<count {
            let name = index < names.count ? String(names[index]) : "unknown"
            if descriptors[name] == nil {
                descriptors[name] = 3 + Int32(index)
            } else {
                repeated.insert(name)
            }
        }
    }

    /// The descriptor of `name`.
    subscript(name: String) -> Int32? { descriptors[name] }
    /// Whether several sockets have this name, so that it is none.
    func isAmbiguous(_ name: String) -> Bool { repeated.contains(name) }
    /// All descriptors.
    var all: [Int32] { Array(descriptors.values) }
    /// All names, for an error message.
    var names: [String] { descriptors.keys.sorted() }
}
