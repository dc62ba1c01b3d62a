import CLinux
import Glibc
import HTTP1
public import Transport

/// A small HTTP/1.1 server on the loop, for the admin socket and the sample API. It is not the gateway's traffic
/// side, and knows none of its rules.
public final class PlainServer: AcceptReceiver {
    /// What its clients may take.
    public struct Limits: Sendable {
        /// Connections at the same time. One more takes the place of the one that has waited longest for its next
        /// request, if any does.
        public var connections: Int
        /// Milliseconds between two requests, and from the beginning to the end of one.
        public var idle: Int
        let head: HeadLimits

        /// Of the sample API: larger than what the gateway may send, which adds fields of its own.
        public static let sample = Limits(
            connections: 16_384, idle: 120_000,
            head: HeadLimits(headerSize: 40 << 10, headerCount: 200, uri: 16 << 10))
        /// Of the admin listeners, which share the master's thread.
        static let admin = Limits(
            connections: 64, idle: 30_000,
            head: HeadLimits(headerSize: 8 << 10, headerCount: 64, uri: 8 << 10))
    }

    private let loop: EventLoop
    private let pool = BufferPool(blockSize: 64 << 10, limit: 64)
    let limits: Limits
    private let admits: (Int32) -> Bool
    private let handler: (PlainExchange) -> Void
    private var acceptors: [Acceptor] = []
    private var connections: [ObjectIdentifier: PlainConnection] = [:]
    private(set) var isClosing = false

    /// A server that gives each request to `handler`. `admits` may turn a connection away by its descriptor.
    public init(
        loop: EventLoop, limits: Limits = .sample, admits: @escaping (Int32) -> Bool = { _ in true },
        handler: @escaping (PlainExchange) -> Void
    ) {
        self.loop = loop
        self.limits = limits
        self.admits = admits
        self.handler = handler
    }

    /// Accepts on `descriptor`.
    public func listen(_ descriptor: consuming FileDescriptor) throws(SystemError) {
        acceptors.append(try Acceptor(loop: loop, descriptor: descriptor, receiver: self))
    }

    /// Takes over the connection `descriptor`, on which `request` was read by another server; nil if it cannot be.
    func resume(_ descriptor: Int32, _ request: PlainRequest) -> PlainExchange? {
        guard let stream = try? Stream(loop: loop, connected: descriptor, pool: pool) else { return nil }
        let connection = PlainConnection(server: self, stream: stream, answering: request)
        connections[ObjectIdentifier(connection)] = connection
        return PlainExchange(connection, request)
    }

    /// Whether connections are left.
    public var isIdle: Bool { connections.isEmpty }

    /// Stops accepting; what runs is answered, then closed.
    public func close() {
        isClosing = true
        for acceptor in acceptors { acceptor.close() }
        acceptors = []
        for connection in connections.values where connection.isIdle { connection.leave() }
    }

    /// A connection came.
    public func onAccept(_ acceptor: Acceptor, descriptor: Int32, peer: SocketAddress) {
        guard admits(descriptor), hasRoom() else {
            Glibc.close(descriptor)
            return
        }
        welcome(descriptor)
    }

    /// Serves the connection `descriptor`, on which nothing was read yet.
    func welcome(_ descriptor: Int32) {
        guard let stream = try? Stream(loop: loop, connected: descriptor, pool: pool) else { return }
        let connection = PlainConnection(server: self, stream: stream)
        connections[ObjectIdentifier(connection)] = connection
    }

    /// Connections that another server could serve as well: nothing of a request was read, all answers are out.
    var visitors: [Int32] { connections.values.filter(\.isFresh).map(\.descriptor) }

    /// Whether one more may come; whoever only holds a place gives way.
    private func hasRoom() -> Bool {
        if connections.count < limits.connections { return true }
        let idle = connections.values.filter(\.isIdle).min { $0.restingSince < $1.restingSince }
        idle?.leave()
        return idle != nil
    }

    /// The acceptor pauses and comes back by itself.
    public func onAcceptFailure(_ acceptor: Acceptor, _ error: SystemError) {}

    func onRequest(_ exchange: PlainExchange) { handler(exchange) }

    func onLeave(_ connection: PlainConnection) { connections[ObjectIdentifier(connection)] = nil }
}
