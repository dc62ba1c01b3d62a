import GatewayConfig
import Glibc
import Operations
import Secrets
import Testing
import Transport

@testable import Proxy

/// A raw, non-blocking descriptor: a client of the gateway, or a connection at an origin.
final class Peer {
    private(set) var descriptor: Int32
    /// All it has read.
    private(set) var received: [UInt8] = []
    /// Whether a read met the end.
    private(set) var hasEnded = false
    /// The errno of a read that failed.
    private(set) var failure: Int32 = 0
    /// The errno of a write that failed.
    private(set) var sendFailure: Int32 = 0
    /// Whether `Gateway.run` reads for it.
    var reads = true
    private var pending: [UInt8] = []

    init(_ descriptor: Int32) {
        self.descriptor = descriptor
        Sockets.adopt(descriptor)
    }

    deinit { close() }

    var text: String { String(decoding: received, as: UTF8.self) }
    /// Whether there will be nothing more.
    var isOver: Bool { hasEnded || failure != 0 }

    /// Reads what is there and writes what is still to be written.
    func turn(readLimit: Int = 1 << 20) {
        if descriptor < 0 { return }
        if !pending.isEmpty {
            let count = Glibc.send(descriptor, pending, pending.count, Int32(MSG_NOSIGNAL))
            if count > 0 { pending.removeFirst(count) }
            if count < 0 && errno != EAGAIN { sendFailure = errno }
        }
        if reads && !isOver { read(readLimit) }
    }

    /// Reads at most `limit` bytes.
    func read(_ limit: Int = 1 << 20) {
        withUnsafeTemporaryAllocation(byteCount: limit, alignment: 1) { target in
            let count = Glibc.recv(descriptor, target.baseAddress, limit, 0)
            if count > 0 { received += UnsafeRawBufferPointer(rebasing: target[..<count]) }
            if count == 0 { hasEnded = true }
            if count < 0 && errno != EAGAIN { failure = errno }
        }
    }

    /// Sends all of `bytes`, now or in later turns.
    func send(_ bytes: [UInt8]) {
        pending += bytes
        turn()
    }

    func send(_ text: String) { send(Array(text.utf8)) }

    /// Bytes that have not been sent.
    var unsent: Int { pending.count }

    func forget() { received = [] }
    func endOutput() { shutdown(descriptor, Int32(SHUT_WR)) }

    func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }

    /// Closes with a reset.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close()
    }
}

/// A scripted application on a unix socket.
final class Origin {
    let path: String
    private var listener: FileDescriptor?
    private(set) var connections: [Peer] = []
    /// Answers whole requests by itself, unless nil.
    var answer: ((String) -> String)?

    init() throws {
        path = "/tmp/gatehouse-origin-\(getpid())-\(UInt32.random(in: 0...UInt32.max)).sock"
        let address = try #require(SocketAddress(unixPath: path))
        listener = try Sockets.listen(address, backlog: 64)
    }

    deinit { unlink(path) }

    /// The latest connection.
    var last: Peer? { connections.last }

    /// Refuses further connections.
    func close() { listener = nil }

    func turn() {
        while let number = listener?.number {
            let descriptor = accept(number, nil, nil)
            if descriptor < 0 { break }
            connections.append(Peer(descriptor))
        }
        for connection in connections {
            connection.turn()
            answerAll(connection)
        }
    }

    /// Requests without a body end with their head.
    private func answerAll(_ connection: Peer) {
        guard let answer else { return }
        while let end = connection.text.firstRange(of: "\r\n\r\n") {
            let request = String(connection.text[..<end.upperBound])
            let rest = Array(connection.text[end.upperBound...].utf8)
            connection.forget()
            connection.unread(rest)
            connection.send(answer(request))
        }
    }
}

extension Peer {
    fileprivate func unread(_ bytes: [UInt8]) { received = bytes + received }
}

/// A worker on a loop of this thread, with clients and origins that take turns with it.
final class Gateway {
    let loop: EventLoop
    let worker: Worker
    let origins: [Origin]
    private let logPath: String
    private let writer: LogWriter
    private var clients: [Peer] = []
    private var acceptor: Acceptor?

    var origin: Origin { origins[0] }

    /// `text` is the configuration behind `listen`; `$0`, `$1` stand for the origins' sockets.
    init(
        _ text: String = Gateway.plain, origins count: Int = 1, change: (inout Settings) -> Void = { _ in }
    ) throws {
        let origins = try (0..<count).map { _ in try Origin() }
        var text = Self.head + text
        for (index, origin) in origins.enumerated() {
            text.replace("$\(index)", with: "unix:\(origin.path)")
        }
        let result = loadSettings(
            path: "gateway.conf", source: TextSource(files: ["gateway.conf": text]))
        var settings = try #require(
            result.settings,
            Comment(rawValue: result.diagnostics.map { "\($0.line): \($0.message)" }.joined(separator: "\n")))
        change(&settings)
        let loop = try EventLoop()
        logPath = "/tmp/gatehouse-access-\(getpid())-\(UInt32.random(in: 0...UInt32.max)).log"
        writer = try LogWriter(.file(path: logPath))
        let process = ProcessLog(writer, format: .json, level: .error, process: "worker 0")
        let resolver = Resolver(pool: try HelperPool(loop: loop, threads: 1, limit: 8))
        let metrics = MetricRegion(standalone: MetricLayout(settings, workers: 1))
        let groups = settings.upstreams.enumerated().map {
            UpstreamGroup(
                settings: $1, loop: loop, pool: BufferPool(blockSize: 64 << 10, limit: 8), resolver: resolver,
                meter: UpstreamMeter(metrics, upstream: $0))
        }
        worker = Worker(
            parts: WorkerParts(
                settings: settings, loop: loop, realms: [], groups: groups,
                keys: try KeyRing([[UInt8](repeating: 7, count: 32)]),
                log: AccessLog(
                    settings: settings.log, writer: writer, process: process, isJSON: true),
                processLog: process, audit: AuditLog(writer, isJSON: true),
                counters: try WorkerCounters.standalone(), metrics: metrics,
                clientPool: BufferPool(blockSize: 32 << 10, limit: 8)))
        self.loop = loop
        self.origins = origins
    }

    deinit {
        acceptor?.close()
        worker.cutAll()
        for group in worker.groups { for server in group.servers { server.closeIdle() } }
        loop.tick(limit: 0)
        writer.stop()
        unlink(logPath)
    }

    private static let head = """
        listen 127.0.0.1:8080
        redis managed
        session { key \(String(repeating: "0123456789abcdef", count: 4)) }

        """

    static let plain = """
        upstream app { server $0 }
        site * {
            route /* app public
        }

        """

    private lazy var entrance = Entrance(worker: worker, tls: nil, index: 0)

    /// A client with the address `address`.
    func client(from address: String = "203.0.113.9") throws -> Peer {
        var ends: [Int32] = [-1, -1]
        socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends)
        Sockets.adopt(ends[0])
        worker.accept(ends[0], try #require(SocketAddress(literal: address, port: 4711)), entrance)
        let peer = Peer(ends[1])
        clients.append(peer)
        return peer
    }

    /// A client over TCP, for what only TCP does.
    func clientOverTCP() throws -> Peer {
        if acceptor == nil {
            let address = try #require(SocketAddress(literal: "127.0.0.1", port: 0))
            acceptor = try Acceptor(
                loop: loop, descriptor: try Sockets.listen(address, backlog: 8), receiver: entrance)
        }
        let bound = try #require(acceptor?.address)
        let peer = Peer(try Sockets.connectBlocking(bound).release())
        clients.append(peer)
        return peer
    }

    func turn() {
        for client in clients { client.turn() }
        for origin in origins { origin.turn() }
        loop.tick(limit: 1)
    }

    /// Everybody takes turns until `condition` holds; false if it did not within `milliseconds`.
    func run(milliseconds: Int64 = 10_000, until condition: () -> Bool) -> Bool {
        let end = Clock.monotonicMilliseconds() + milliseconds
        while !condition() {
            if Clock.monotonicMilliseconds() > end { return false }
            turn()
        }
        return true
    }

    /// Everybody takes turns for `milliseconds`.
    func pass(milliseconds: Int64) { _ = run(milliseconds: milliseconds) { false } }

    /// Sends `request` from a new client and waits for the answer's end, which has to be the connection's.
    func ask(_ request: String, from address: String = "203.0.113.9") throws -> String {
        let client = try client(from: address)
        client.send(request)
        #expect(run { client.isOver })
        return client.text
    }

    /// The access lines so far.
    func accessLines() -> [String] {
        writer.flush(milliseconds: 2_000)
        let bytes = SmallFile.read(logPath, limit: 8 << 20) ?? []
        return bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast()
            .map { String(decoding: $0, as: UTF8.self) }.filter { !$0.contains("\"log\":\"process\"") }
    }
}

extension StringProtocol {
    /// How often `text` occurs.
    func occurrences(of text: String) -> Int { ranges(of: text).count }
}

/// `200` and a body, for a connection that stays open.
func ok(_ body: String, _ fields: String = "") -> String {
    "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)"
}
