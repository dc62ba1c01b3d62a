import CLinux
import Glibc

/// Turns host names into addresses off the loop.
public final class Resolver {
    private let pool: HelperPool
    /// Lookups that wait for one of theirs to end.
    private var patient: [() -> Void] = []
    private var isBusy = false

    /// A resolver on `pool`'s threads.
    public init(pool: HelperPool) { self.pool = pool }

    /// Calls `completion` on the loop with the addresses of `host`, or with what went wrong. A literal address is
    /// answered at once, within this call.
    public func resolve(
        host: String, port: UInt16, completion: @escaping (Result<[SocketAddress], ResolveError>) -> Void
    ) {
        if let literal = SocketAddress(literal: host, port: port) {
            completion(.success([literal]))
            return
        }
        let accepted = pool.run({ Resolver.resolveBlocking(host: host, port: port) }, completion: completion)
        if !accepted {
            completion(.failure(ResolveError(host: host, reason: "too many lookups are waiting")))
        }
    }

    /// The same for lookups that can wait: they go one after another, so that a name server that does not answer holds
    /// up one thread of the pool and not all.
    public func resolveInTurn(
        host: String, port: UInt16, completion: @escaping (Result<[SocketAddress], ResolveError>) -> Void
    ) {
        guard !isBusy else {
            patient.append { [self] in resolveInTurn(host: host, port: port, completion: completion) }
            return
        }
        isBusy = true
        resolve(host: host, port: port) { [self] result in
            isBusy = false
            completion(result)
            if !isBusy, !patient.isEmpty { patient.removeFirst()() }
        }
    }

    /// The same, blocking; for start-up and the command line.
    public static func resolveBlocking(host: String, port: UInt16) -> Result<[SocketAddress], ResolveError> {
        if let literal = SocketAddress(literal: host, port: port) { return .success([literal]) }
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_ADDRCONFIG
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &list)
        guard code == 0 else {
            return .failure(ResolveError(host: host, reason: String(cString: gai_strerror(code))))
        }
        defer { freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var entry = list
        while let current = entry {
            if let address = copyAddress(current.pointee) { addresses.append(address) }
            entry = current.pointee.ai_next
        }
        if addresses.isEmpty { return .failure(ResolveError(host: host, reason: "no address")) }
        return .success(addresses)
    }

    private static func copyAddress(_ info: addrinfo) -> SocketAddress? {
        guard let source = info.ai_addr, Int(info.ai_addrlen) <= MemoryLayout<sockaddr_storage>.size else {
            return nil
        }
        var storage = sockaddr_storage()
        withUnsafeMutableBytes(of: &storage) {
            $0.copyMemory(from: UnsafeRawBufferPointer(start: source, count: Int(info.ai_addrlen)))
        }
        return SocketAddress(storage, length: info.ai_addrlen)
    }
}

/// A name that could not be resolved.
public struct ResolveError: Error, Sendable, CustomStringConvertible {
    /// The name.
    public let host: String
    /// What the resolver says.
    public let reason: String

    /// `host` could not be resolved because of `reason`.
    public init(host: String, reason: String) {
        self.host = host
        self.reason = reason
    }

    /// For logs.
    public var description: String { "cannot resolve \"\(host)\": \(reason)" }
}
