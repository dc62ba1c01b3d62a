import GatewayConfig
import Glibc
import Transport

/// The listening sockets, kept over reloads: what stays is never closed, what is new is opened before anything
/// changes, what is gone is closed when the new workers serve.
final class ListenerSet {
    private struct Entry {
        let descriptor: Int32
        let isInherited: Bool
    }

    private var open: [Endpoint: Entry] = [:]
    private var added: [Endpoint] = []
    private let inherited: InheritedSockets
    private let log: (String) -> Void

    init(inherited: InheritedSockets, log: @escaping (String) -> Void = { _ in }) {
        self.inherited = inherited
        self.log = log
    }

    /// A set that was at work, with `descriptors` for `listeners`.
    init(inherited: InheritedSockets, handedOver listeners: [ListenerSettings], _ descriptors: [Int32]) {
        self.inherited = inherited
        log = { _ in }
        for (listener, descriptor) in zip(listeners, descriptors) {
            var isInherited = false
            if case .inherited = listener.endpoint { isInherited = true }
            open[listener.endpoint] = Entry(descriptor: descriptor, isInherited: isInherited)
        }
    }

    deinit { for entry in open.values { close(entry.descriptor) } }

    /// Opens what is not open yet; the descriptors in the order of `listeners`. After a failure nothing is changed.
    ///
    /// `patience`: milliseconds to wait for an address that is in use.
    func prepare(_ listeners: [ListenerSettings], patience: Int = 0) throws(ExitFailure) -> [Int32] {
        var descriptors: [Int32] = []
        for listener in listeners {
            if open[listener.endpoint] == nil {
                do throws(ExitFailure) {
                    open[listener.endpoint] = try make(listener, patience: patience)
                } catch {
                    rollBack()
                    throw error
                }
                added.append(listener.endpoint)
            }
            if let entry = open[listener.endpoint] { descriptors.append(entry.descriptor) }
        }
        return descriptors
    }

    /// Closes what the last `prepare` has opened.
    func rollBack() {
        for endpoint in added { remove(endpoint) }
        added = []
    }

    /// Keeps what `listeners` need and closes the rest.
    func commit(_ listeners: [ListenerSettings]) {
        added = []
        let wanted = Set(listeners.map(\.endpoint))
        for endpoint in open.keys where !wanted.contains(endpoint) { remove(endpoint) }
        for listener in listeners { setQueue(listener) }
    }

    /// A socket that stays open takes the queue's new length from another listen(2).
    private func setQueue(_ listener: ListenerSettings) {
        guard let entry = open[listener.endpoint], !entry.isInherited else { return }
        _ = Glibc.listen(entry.descriptor, Int32(listener.backlog))
    }

    /// Closes all, and removes the names of unix sockets.
    func closeAll() { commit([]) }

    private func remove(_ endpoint: Endpoint) {
        guard let entry = open.removeValue(forKey: endpoint) else { return }
        close(entry.descriptor)
        if case .unix(let path) = endpoint { unlink(path) }
    }

    private func make(_ listener: ListenerSettings, patience: Int) throws(ExitFailure) -> Entry {
        switch listener.endpoint {
        case .inherited(let name):
            return Entry(descriptor: try copy(name, of: listener.endpoint), isInherited: true)
        case .unix(let path):
            do throws(SystemError) {
                let socket = try DirectorySocket(path)
                let descriptor = try Sockets.listen(socket.address(), backlog: Int32(listener.backlog))
                return Entry(descriptor: descriptor.release(), isInherited: false)
            } catch { throw Self.failure(listener.endpoint, error.code) }
        case .tcp(let host, let port):
            let address = try Self.resolve(host, port)
            return Entry(
                descriptor: try listen(address, listener, patience: patience), isInherited: false)
        }
    }

    /// A copy, so that dropping the listener and taking it up again stays possible.
    private func copy(_ name: String, of endpoint: Endpoint) throws(ExitFailure) -> Int32 {
        guard let number = inherited[name] else { throw Self.notInherited(name, inherited.names) }
        // Connections to the one that nobody accepts from would wait for ever.
        if inherited.isAmbiguous(name) {
            throw Self.unusable(name, "passed several sockets of that name; give each a unit of its own")
        }
        guard Sockets.isListening(number) else {
            throw Self.unusable(
                name, "passed no listening stream socket; its unit needs ListenStream, Accept=no")
        }
        let copy = fcntl(number, F_DUPFD_CLOEXEC, 3)
        guard copy >= 0 else { throw Self.failure(endpoint, errno) }
        _ = fcntl(copy, F_SETFL, fcntl(copy, F_GETFL) | O_NONBLOCK)
        return copy
    }

    /// Names of inherited sockets that `listeners` leave unused: who connects there is never answered.
    func unused(_ listeners: [ListenerSettings]) -> [String] {
        inherited.names.filter { name in
            !listeners.contains { $0.endpoint == .inherited(name: name) }
        }
    }

    private func listen(
        _ address: SocketAddress, _ listener: ListenerSettings, patience: Int
    ) throws(ExitFailure) -> Int32 {
        let deadline = Clock.monotonicMilliseconds() + Int64(patience)
        while true {
            do throws(SystemError) {
                return try Sockets.listen(address, backlog: Int32(listener.backlog)).release()
            } catch {
                guard error.code == EADDRINUSE, Clock.monotonicMilliseconds() < deadline else {
                    throw Self.failure(listener.endpoint, error.code)
                }
                usleep(50_000)
            }
        }
    }

    static func resolve(_ host: String, _ port: UInt16) throws(ExitFailure) -> SocketAddress {
        switch Resolver.resolveBlocking(host: host, port: port) {
        case .success(let addresses):
            if let address = addresses.first(where: { $0.family == AF_INET }) ?? addresses.first {
                return address
            }
            throw ExitFailure(status: ExitStatus.cannotCreate, message: "cannot resolve \"\(host)\"")
        case .failure(let error):
            throw ExitFailure(status: ExitStatus.cannotCreate, message: "\(error)")
        }
    }

    private static func failure(_ endpoint: Endpoint, _ code: Int32) -> ExitFailure {
        var message = "cannot listen on \(endpoint.text): \(SystemError.text(code))"
        let isForbidden = code == EACCES || code == EPERM
        if isForbidden, case .tcp(_, let port) = endpoint, port < 1_024 {
            message += " (ports below 1024 need the capability CAP_NET_BIND_SERVICE)"
        }
        return ExitFailure(
            status: isForbidden ? ExitStatus.notPermitted : ExitStatus.cannotCreate, message: message)
    }

    private static func unusable(_ name: String, _ reason: String) -> ExitFailure {
        ExitFailure(
            status: ExitStatus.cannotCreate,
            message: "cannot listen on fd:\(name): the service manager \(reason)")
    }

    private static func notInherited(_ name: String, _ names: [String]) -> ExitFailure {
        let known = names.isEmpty ? "it passed none" : "it passed: \(names.joined(separator: " "))"
        return ExitFailure(
            status: ExitStatus.cannotCreate,
            message: "cannot listen on fd:\(name): the service manager passed no such socket; \(known)")
    }
}

extension Endpoint {
    /// As in gateway.conf: `127.0.0.1:80`, `[::1]:80`, `:80`, `unix:/path`, `fd:NAME`.
    var text: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        case .inherited(let name): "fd:\(name)"
        }
    }
}
