import Glibc
import HTTP1
import HTTPCore
public import Transport

/// A connection of a small server: one request at a time, bodies read and dropped, kept alive.
final class PlainConnection: StreamHandler, DeadlineReceiver {
    private enum Phase { case head, body, answering, left }

    private unowned let server: PlainServer
    private let stream: Stream
    private var phase = Phase.head
    private var head = RequestHead()
    private var request: PlainRequest?
    private var decoder = BodyDecoder(.none)
    private var timer: DeadlineTimer?
    private var isAdvancing = false

    init(server: PlainServer, stream: Stream) {
        self.server = server
        self.stream = stream
        super.init()
        stream.handler = self
        timer = DeadlineTimer(self)
        rest()
    }

    /// A connection on which `request` has been read and waits for its answer.
    convenience init(server: PlainServer, stream: Stream, answering request: PlainRequest) {
        self.init(server: server, stream: stream)
        timer?.disarm()
        self.request = request
        phase = .answering
    }

    override func onReadable(_ stream: Stream) { advance() }

    override func onEnd(_ stream: Stream) { if phase != .answering { leave() } }

    override func onFailure(_ stream: Stream, _ code: Int32) { leave() }

    override func onDrained(_ stream: Stream) { advance() }

    /// Nothing came for too long.
    func onDeadline(_ timer: DeadlineTimer) { leave() }

    // MARK: Requests

    /// Goes on with what is in the buffer, until it is empty or an answer is awaited.
    private func advance() {
        if isAdvancing { return }
        isAdvancing = true
        defer { isAdvancing = false }
        while let input = stream.input, !input.isEmpty, !stream.isAboveHighWater {
            switch phase {
            case .head: if !readHead(input) { return }
            case .body: if !readBody(input) { return }
            case .answering, .left: return
            }
        }
    }

    /// Whether to go on.
    private func readHead(_ input: StreamInput) -> Bool {
        let bytes = Span<UInt8>(_unsafeBytes: input.readable)
        switch head.parse(bytes, limits: server.limits.head) {
        case .incomplete: return false
        case .refused(let refusal):
            refuse(refusal.status)
            return false
        case .complete(let length):
            request = PlainRequest(head, bytes)
            decoder = BodyDecoder(head.framing)
            let expectsContinue = head.expectsContinue
            head.reset()
            stream.consume(length)
            if decoder.isComplete {
                deliver()
            } else {
                phase = .body
                if expectsContinue { write(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)) }
            }
            return true
        }
    }

    private func readBody(_ input: StreamInput) -> Bool {
        var position = 0
        do throws(FramingError) {
            let bytes = Span<UInt8>(_unsafeBytes: input.readable)
            while true {
                switch try decoder.next(bytes, from: position) {
                case .payload(let range):
                    request?.bodyCount += range.count
                    position = range.upperBound
                case .needMore(let consumed):
                    stream.consume(consumed)
                    return false
                case .end(let consumed):
                    stream.consume(consumed)
                    deliver()
                    return true
                }
            }
        } catch {
            refuse(400)
            return false
        }
    }

    private func deliver() {
        guard let request else { return }
        timer?.disarm()
        phase = .answering
        server.onRequest(PlainExchange(self, request))
    }

    private func refuse(_ status: Int) {
        phase = .left
        let response = PlainResponse.text(status, "\(status) \(StatusLine.reason(status))\n")
        write(response.head(keepsAlive: false) + response.body)
        stream.closeAfterFlush(lingering: true)
        forget()
    }

    // MARK: Answers

    func answer(_ response: PlainResponse) {
        guard phase == .answering, let request else { return }
        let keepsAlive = request.keepsAlive && !stream.hasEnded && !server.isClosing
        let body = request.method == "HEAD" ? [] : response.body
        write(response.head(keepsAlive: keepsAlive) + body)
        self.request = nil
        guard keepsAlive else {
            phase = .left
            stream.closeAfterFlush(lingering: true)
            forget()
            return
        }
        phase = .head
        rest()
        advance()
    }

    /// Gives the stream away; `handler` hears what happens from now on.
    func giveAway(to handler: StreamHandler) -> Stream? {
        guard phase == .answering, stream.isOpen else { return nil }
        phase = .left
        stream.handler = handler
        forget()
        return stream
    }

    func leave() {
        guard phase != .left else { return }
        phase = .left
        stream.close()
        forget()
    }

    var descriptor: Int32 { stream.descriptor }

    /// Whether no request is under way.
    var isIdle: Bool { phase == .head }
    /// Since when it has, monotonic milliseconds.
    private(set) var restingSince: Int64 = 0

    /// Whether all that came was answered, and the answer is out.
    var isFresh: Bool {
        phase == .head && stream.isOpen && !stream.hasEnded && (stream.input?.isEmpty ?? true)
            && stream.pendingOutput == 0
    }

    private func forget() {
        timer?.invalidate()
        server.onLeave(self)
    }

    private func rest() {
        restingSince = stream.loop.now
        if let timer { stream.loop.arm(timer, after: server.limits.idle) }
    }

    private func write(_ bytes: [UInt8]) { bytes.withUnsafeBytes { stream.write($0) } }
}

/// A request and the way to answer it, now or later in the loop.
public struct PlainExchange {
    /// What is asked.
    public let request: PlainRequest
    private let connection: PlainConnection

    init(_ connection: PlainConnection, _ request: PlainRequest) {
        self.connection = connection
        self.request = request
    }

    /// The descriptor of the connection, for who is at its other end; -1 if it is closed.
    var descriptor: Int32 { connection.descriptor }

    /// Answers; once.
    public func answer(_ response: PlainResponse) { connection.answer(response) }

    /// Takes the connection over instead of answering; nil if it is gone.
    public func takeOver(_ handler: StreamHandler) -> Stream? { connection.giveAway(to: handler) }
}
