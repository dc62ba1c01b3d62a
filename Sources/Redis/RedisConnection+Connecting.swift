internal import Transport

extension RedisConnection {
    /// Starts an attempt: finds the address, connects, greets.
    func connect() {
        attempt += 1
        phase = .connecting
        let link = RedisLink(self)
        self.link = link
        loop.arm(timers.attempt, after: settings.connectTimeout)
        if needsSecret {
            secret = readSecret()
            needsSecret = false
        }
        switch settings.address {
        case .unix(let path):
            guard let address = SocketAddress(unixPath: path) else {
                missed("the path of the socket is empty or over 107 bytes: \(path)")
                return
            }
            open([address], link)
        case .tcp(let host, let port):
            resolver.resolve(host: host, port: port) { result in
                switch result {
                case .success(let addresses): link.connection?.open(addresses, link)
                case .failure(let error): link.connection?.missed(error.description)
                }
            }
        }
    }

    /// Tries `addresses` from the front.
    func open(_ addresses: [SocketAddress], _ link: RedisLink) {
        guard let address = addresses.first else {
            missed("no address")
            return
        }
        link.others = [SocketAddress](addresses.dropFirst())
        link.name = "\(address)"
        do throws(SystemError) {
            let stream = try Stream(loop: loop, connectingTo: address, pool: pool)
            stream.handler = link
            self.stream = stream
            flushTask.stream = stream
        } catch {
            onConnectFailure(link, error.code)
        }
    }

    /// The connection stands: sends the greeting. Calls are held back until it is answered, so that none reaches a
    /// server that would refuse it or, without the right database, answer wrongly.
    func onConnected() {
        guard let stream, let reader = ReplyReader() else {
            missed("no memory")
            return
        }
        self.reader = reader
        greeting = Greeting(user: settings.user, secret: secret, database: settings.database)
        for command in greeting.commands {
            _ = command.withWireForm { stream.enqueue($0) }
        }
        stream.flush()
    }

    /// An address did not take the connection.
    func onConnectFailure(_ link: RedisLink, _ code: Int32) {
        stream = nil
        flushTask.stream = nil
        guard link.others.isEmpty else {
            open(link.others, link)
            return
        }
        missed("\(link.name): \(SystemError.text(code))")
    }

    /// The server answered the greeting: calls flow.
    func onGreeted() {
        phase = .ready
        timers.attempt.disarm()
        lastReply = loop.now
        unansweredSince = nil
        isProven = false
        statistics.connects += 1
        reportedReason = nil
        onEvent?(.connected)
        guard phase == .ready, let stream else { return }
        loop.arm(timers.idle, after: settings.idleProbe)
        if !held.isEmpty {
            stream.enqueue(held.readable)
            held = ByteBuffer(capacity: 1 << 10)
            stream.flush()
        }
    }

    /// The attempt failed: everything that waited for it ends, and there will be another.
    func missed(_ reason: String, _ outage: RedisOutage = .disconnected) {
        tearDown(to: .waiting)
        loop.arm(timers.attempt, after: backoff.next(using: &random))
        if reportedReason != reason {
            reportedReason = reason
            onEvent?(.unreachable(reason))
        }
        fail(calls.drain().map(\.call), outage)
    }

    /// The attempt took too long, or the pause between two is over.
    func onAttemptTimer() {
        switch phase {
        case .connecting: missed("no answer within \(settings.connectTimeout) ms")
        case .waiting: connect()
        case .ready, .closed: break
        }
    }
}

/// The stream's handler for one attempt and the connection that came of it.
final class RedisLink: StreamHandler {
    /// nil once the connection has moved on to another attempt.
    private(set) unowned var connection: RedisConnection?
    /// Addresses that are left to try.
    var others: [SocketAddress] = []
    /// The address for the log.
    var name = ""

    init(_ connection: RedisConnection) { self.connection = connection }

    /// Hears nothing more.
    func detach() { connection = nil }

    override func onConnected(_ stream: Stream) { connection?.onConnected() }
    override func onReadable(_ stream: Stream) { connection?.onBytes(stream) }
    override func onEnd(_ stream: Stream) { connection?.onGone("the server closed it") }

    override func onFailure(_ stream: Stream, _ code: Int32) {
        guard let connection else { return }
        if connection.reader == nil {
            connection.onConnectFailure(self, code)
        } else {
            connection.onGone(SystemError.text(code))
        }
    }
}
