import Glibc
import Testing

@testable import Transport

extension EventLoop {
    /// Ticks until `condition` holds; false if it did not within `milliseconds`.
    func run(milliseconds: Int64 = 10_000, until condition: () -> Bool) -> Bool {
        let end = Clock.monotonicMilliseconds() + milliseconds
        while !condition() {
            if Clock.monotonicMilliseconds() > end { return false }
            tick(limit: 20)
        }
        return true
    }

    /// How often the loop wakes up within `milliseconds`; one that has nothing to do wakes at its limit only.
    func ticks(within milliseconds: Int64) -> Int {
        let end = Clock.monotonicMilliseconds() + milliseconds
        var count = 0
        while Clock.monotonicMilliseconds() < end {
            tick(limit: 50)
            count += 1
        }
        return count
    }
}

/// A raw, non-blocking descriptor: the other side of what is tested.
final class Peer {
    private(set) var descriptor: Int32
    /// All it has read.
    private(set) var received: [UInt8] = []
    /// Whether a read met the end.
    private(set) var hasEnded = false
    /// The errno of a read that failed.
    private(set) var failure: Int32 = 0

    init(_ descriptor: Int32) {
        self.descriptor = descriptor
        Sockets.adopt(descriptor)
    }

    deinit { close() }

    /// Reads once, at most `limit` bytes.
    @discardableResult
    func read(_ limit: Int = 64 << 10) -> Int {
        var bytes = [UInt8](repeating: 0, count: limit)
        let count = Glibc.recv(descriptor, &bytes, limit, 0)
        if count > 0 { received += bytes[..<count] }
        if count == 0 { hasEnded = true }
        if count < 0 && errno != EAGAIN { failure = errno }
        return count
    }

    /// Writes what fits; the count, 0 if nothing did.
    @discardableResult
    func write(_ bytes: some Collection<UInt8>) -> Int {
        let all = Array(bytes)
        return max(0, Glibc.send(descriptor, all, all.count, Int32(MSG_NOSIGNAL)))
    }

    func endOutput() { shutdown(descriptor, Int32(SHUT_WR)) }

    func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }
}

/// A stream on one end of a connection, and the raw other end.
struct Pair {
    let stream: Stream
    let peer: Peer

    /// A unix socket pair, or a TCP connection over loopback.
    init(_ loop: EventLoop, pool: BufferPool = BufferPool(blockSize: 16 << 10, limit: 8), tcp: Bool = false)
        throws
    {
        var ends: [Int32] = [-1, -1]
        if tcp {
            let listener = try Sockets.listen(
                try #require(SocketAddress(literal: "127.0.0.1", port: 0)), backlog: 1)
            let address = try #require(Sockets.localAddress(listener.number))
            ends[1] = try Sockets.connectBlocking(address).release()
            // A blocking connect has finished, so the connection waits in the backlog.
            ends[0] = accept(listener.number, nil, nil)
        } else {
            socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends)
        }
        Sockets.adopt(ends[0])
        stream = try Stream(loop: loop, connected: ends[0], pool: pool)
        peer = Peer(ends[1])
    }
}

/// Writes down what a stream says.
final class Recorder: StreamHandler {
    private(set) var events: [String] = []
    /// What was taken out of the input; nothing is, if `consumes` is off.
    private(set) var received: [UInt8] = []
    var consumes = true
    var then: (String, Stream) -> Void = { _, _ in }

    private func note(_ event: String, _ stream: Stream) {
        events.append(event)
        then(event, stream)
    }

    override func onConnected(_ stream: Stream) { note("connected", stream) }
    override func onPlainText(_ stream: Stream) { note("plain text", stream) }
    override func onReadable(_ stream: Stream) {
        if consumes, let input = stream.input {
            received += Array(input.readable)
            stream.consume(input.count)
        }
        note("readable", stream)
    }
    override func onEnd(_ stream: Stream) { note("end", stream) }
    override func onDrained(_ stream: Stream) { note("drained", stream) }
    override func onClosed(_ stream: Stream) { note("closed", stream) }
    override func onFailure(_ stream: Stream, _ code: Int32) { note("failure \(code)", stream) }

    func count(_ event: String) -> Int { events.count { $0 == event } }
    var hasFailed: Bool { events.contains { $0.hasPrefix("failure") } }
}

extension Stream {
    func write(_ bytes: [UInt8]) { bytes.withUnsafeBytes { write($0) } }
    func write(_ text: String) { write(Array(text.utf8)) }
}

/// Whether `descriptor` is open in this process.
func isOpen(_ descriptor: Int32) -> Bool { fcntl(descriptor, F_GETFD) >= 0 }

/// A path for a unix socket that nobody else uses.
func temporaryPath(_ name: String) -> String {
    "/tmp/gatehouse-\(name)-\(getpid())-\(UInt32.random(in: 0...UInt32.max)).sock"
}
