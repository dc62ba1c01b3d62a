import GatewayConfig
import HTTP1
import Transport

/// Asks one server, again and again, whether it is well: a connection of its own each time, no cookie, and no byte of
/// a client. Each worker asks for itself: it needs nobody else to know how its servers are, and what it hears comes the
/// way that its requests go.
final class HealthCheck: StreamHandler {
    private static let limits = HeadLimits(headerSize: 60 << 10, headerCount: 500, uri: 0)
    private static let informationalLimit = 16

    private let settings: HealthCheckSettings
    private let server: UpstreamServer
    private let loop: EventLoop
    private let request: [UInt8]
    private let timer = DeadlineTimer()
    private var stream: Stream?
    private var head = ResponseHead()
    private var isHeadBegun = false
    private var informationalCount = 0
    private var isStopped = false

    /// Checks of `server`, whose Host field is `host`.
    init(_ settings: HealthCheckSettings, server: UpstreamServer, host: String, loop: EventLoop) {
        self.settings = settings
        self.server = server
        self.loop = loop
        request = Array(
            """
            \(settings.method) \(settings.target) HTTP/1.1\r
            Host: \(settings.host ?? host)\r
            User-Agent: gatehouse-health\r
            Accept: */*\r
            Connection: close\r
            \r\n
            """.utf8)
        super.init()
        timer.own(by: self)
    }

    /// The first check comes at once, but not for all servers and workers in the same moment.
    func start() { loop.arm(timer, after: Int.random(in: 0...min(settings.every, 300))) }

    /// No more checks.
    func stop() {
        isStopped = true
        timer.invalidate()
        stream?.close()
        stream = nil
    }

    private func begin() {
        head = ResponseHead()
        isHeadBegun = false
        informationalCount = 0
        do throws(SystemError) {
            let stream = try server.open()
            stream.handler = self
            self.stream = stream
            loop.arm(timer, after: settings.timeout)
        } catch {
            // Out of descriptors: that says nothing about the server.
            if error.isOwnShortage { return rest() }
            conclude(isGood: false, error.description)
        }
    }

    /// Until the next check.
    private func rest() {
        loop.arm(timer, after: Int.random(in: settings.every * 9 / 10...settings.every * 11 / 10))
    }

    private func conclude(isGood: Bool, _ reason: String) {
        if let stream {
            self.stream = nil
            // What the server has still to say is read and dropped, within bounds: no reset for an honest answer.
            if head.status >= 200 {
                stream.closeAfterFlush(lingering: true, milliseconds: 500)
            } else {
                stream.close()
            }
        }
        rest()
        server.noteCheck(isGood: isGood, "health check: " + reason)
    }

    private func read(_ source: Stream) {
        while stream != nil, let input = source.input {
            let raw = input.readable.bindMemory(to: UInt8.self)
            let continuing = isHeadBegun
            isHeadBegun = false
            switch head.parse(raw.span, limits: Self.limits, continuing: continuing) {
            case .incomplete:
                isHeadBegun = true
                if source.isInputFull { conclude(isGood: false, "head too large") }
                return
            case .malformed(let fault): conclude(isGood: false, "broken answer: \(fault.rawValue)")
            case .complete(let length):
                source.consume(length)
                accept(status: head.status)
            }
        }
    }

    private func accept(status: Int) {
        guard (100..<200).contains(status), status != 101 else {
            conclude(isGood: settings.expect.contains(status), "status \(status)")
            return
        }
        informationalCount += 1
        if informationalCount > Self.informationalLimit {
            conclude(isGood: false, "too many informational responses")
        }
    }

    override func onConnected(_ stream: Stream) {
        request.withUnsafeBytes { stream.write($0) }
    }

    override func onReadable(_ stream: Stream) { read(stream) }

    override func onEnd(_ stream: Stream) {
        if self.stream === stream { conclude(isGood: false, "closed without an answer") }
    }

    override func onFailure(_ stream: Stream, _ code: Int32) {
        guard self.stream === stream else { return }
        self.stream = nil
        conclude(isGood: false, stream.trouble ?? SystemError.text(code))
    }
}

extension HealthCheck: DeadlineReceiver {
    func onDeadline(_ timer: DeadlineTimer) {
        if isStopped { return }
        if stream != nil { conclude(isGood: false, "no answer in time") } else { begin() }
    }
}
