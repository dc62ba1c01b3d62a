import COpenSSL
import Glibc

/// A stream whose bytes go through TLS 1.2 or 1.3. `onConnected` tells the end of the handshake; until then a
/// deadline is the owner's business.
public final class TLSStream: Stream {
    enum PipeFault { case end, failure(Int32) }
    private enum End { case clean, truncated, broken(Int32) }

    /// Bytes that answer the peer's control messages in all; a peer that wants more of them is not served.
    private static let controlLimit = 64 << 10

    let scratch: TLSScratch
    /// Whether the descriptor may be read, or only what came from it before.
    private(set) var mayReceive = true
    /// What happened to the descriptor while OpenSSL read from it.
    var pipeFault: PipeFault?
    private var ssl: OpaquePointer?
    /// Kept alive, since OpenSSL's callbacks use it.
    private let context: AnyObject
    private let isServer: Bool
    private var end: End?
    private var fault: String?
    private var early: ByteBuffer?
    private var sniffed = false
    private var isPlainText = false
    private var controlBytes = 0
    /// The version that was agreed on; nil before.
    public private(set) var version: TLSVersion?
    /// Whether the handshake took up an earlier session.
    public private(set) var isResumed = false

    /// Takes over a connected socket whose peer begins a handshake.
    public init(
        loop: EventLoop, connected descriptor: Int32, pool: BufferPool, context: TLSServerContext
    ) throws(SystemError) {
        self.context = context
        scratch = context.scratch
        isServer = true
        try super.init(loop: loop, connected: descriptor, pool: pool, isSealed: true)
        try begin(context.makeConnection())
    }

    /// Starts to connect to `address`, and then the handshake.
    public init(
        loop: EventLoop, connectingTo address: SocketAddress, pool: BufferPool, context: TLSClientContext
    ) throws(SystemError) {
        self.context = context
        scratch = context.scratch
        isServer = false
        try super.init(loop: loop, connectingTo: address, pool: pool, isSealed: true)
        try begin(context.makeConnection())
    }

    deinit { SSL_free(ssl) }

    private func begin(_ ssl: OpaquePointer?) throws(SystemError) {
        guard let ssl, let pipe = TLSPipe.open(self) else {
            SSL_free(ssl)
            close()
            throw SystemError(call: "SSL_new", code: ENOMEM)
        }
        SSL_set_bio(ssl, pipe, pipe)
        self.ssl = ssl
    }

    /// Whether the peer may go on after it began with this byte: a request in plain HTTP begins with a letter, a
    /// handshake does not.
    func admits(firstByte byte: UInt8) -> Bool {
        if sniffed { return true }
        sniffed = true
        isPlainText = isServer && (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
        return !isPlainText
    }

    /// Whether the peer has sent anything at all.
    public var hasHeard: Bool { sniffed }

    /// What went wrong, in OpenSSL's words or the system's.
    public override var trouble: String? { fault }

    // MARK: Handshake

    override func shakeHands() -> HandshakeStep {
        guard let ssl else { return .failed(EBADF) }
        scratch.sealed.removeAll()
        ERR_clear_error()
        let result = SSL_do_handshake(ssl)
        if !scratch.sealed.isEmpty, !hasFailed { push(scratch.sealed.readable) }
        if result == 1 {
            version = TLSVersion(rawValue: SSL_version(ssl))
            isResumed = SSL_session_reused(ssl) == 1
            return .done
        }
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .waiting
        default: return handshakeFailure(ssl)
        }
    }

    private func handshakeFailure(_ ssl: OpaquePointer) -> HandshakeStep {
        defer { ERR_clear_error() }
        if isPlainText { return .plainText }
        end = .broken(EPROTO)
        (context as? TLSClientContext)?.forgetSession()
        switch pipeFault {
        case .end:
            fault = "the peer closed the connection during the handshake"
            return .failed(ECONNRESET)
        case .failure(let code):
            fault = SystemError.text(code)
            return .failed(code)
        case nil:
            let result = SSL_get_verify_result(ssl)
            if result != X509_V_OK, !isServer {
                fault =
                    "the certificate is not accepted: \(String(cString: X509_verify_cert_error_string(result)))"
            } else {
                fault = TLSFailure.queued("the handshake failed").description
            }
            return .failed(EPROTO)
        }
    }

    // MARK: Reading

    /// Reads from the descriptor and opens what came.
    public override func receive(into target: UnsafeMutableRawBufferPointer) -> Int {
        guard let ssl, let base = target.baseAddress else { return Self.failure(EBADF) }
        holdsBytes = false
        var total = 0
        if end == nil {
            scratch.sealed.removeAll()
            ERR_clear_error()
            while total < target.count {
                let count = SSL_read(ssl, base + total, Int32(clamping: target.count - total))
                guard count > 0 else {
                    note(SSL_get_error(ssl, count))
                    break
                }
                total += Int(count)
                if SSL_has_pending(ssl) == 0 { break }
            }
            answer()
        }
        if total == 0 { return tellEnd() }
        let isFull = total == target.count
        if end != nil || isFull && SSL_has_pending(ssl) == 1 { holdBytes(isFull: isFull) }
        return total
    }

    private func note(_ error: Int32) {
        switch error {
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return
        case SSL_ERROR_ZERO_RETURN: end = .clean
        default:
            switch pipeFault {
            case .end: end = .truncated
            case .failure(let code): end = .broken(code)
            case nil:
                fault = TLSFailure.queued("broken TLS record").description
                end = .broken(EPROTO)
            }
        }
        ERR_clear_error()
    }

    /// Sends what OpenSSL had to say to what it read: alerts, answers to key updates.
    private func answer() {
        guard !scratch.sealed.isEmpty, !endsOutput else { return }
        controlBytes += scratch.sealed.count
        push(scratch.sealed.readable)
        if controlBytes > Self.controlLimit, end == nil {
            fault = "too many control messages"
            end = .broken(EPROTO)
        }
    }

    private func tellEnd() -> Int {
        switch end {
        case nil: return Self.failure(EAGAIN)
        case .clean: return 0
        case .truncated:
            isTruncated = true
            return 0
        case .broken(let code): return Self.failure(code)
        }
    }

    private static func failure(_ code: Int32) -> Int {
        errno = code
        return -1
    }

    /// No event will tell of what is held here: it is read when the owner has made room.
    private func holdBytes(isFull: Bool) {
        holdsBytes = true
        if afterInput == nil { afterInput = HeldBytes(self) }
        if !isFull, let afterInput { loop.atTickEnd(afterInput) }
    }

    private final class HeldBytes: TickEndTask {
        private let stream: TLSStream

        init(_ stream: TLSStream) { self.stream = stream }

        override func onTickEnd() { stream.readHeld(self) }
    }

    private func readHeld(_ task: TickEndTask) {
        guard phase == .open, afterInput === task, !isPaused, !isInputFull else { return }
        afterInput = nil
        mayReceive = false
        readInput(.read)
        mayReceive = true
    }

    // MARK: Writing

    override func seal(
        _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer
    ) -> UnsafeRawBufferPointer? {
        guard phase == .open, let ssl else {
            keepEarly(first, second)
            return nil
        }
        scratch.sealed.removeAll()
        ERR_clear_error()
        let isSealed: Bool
        if !second.isEmpty, first.count + second.count <= TLSScratch.recordSize {
            scratch.plain.removeAll()
            scratch.plain.append(first)
            scratch.plain.append(second)
            isSealed = seal(scratch.plain.readable, ssl)
        } else {
            isSealed = seal(first, ssl) && seal(second, ssl)
        }
        if isSealed { return scratch.sealed.isEmpty ? nil : scratch.sealed.readable }
        fault = TLSFailure.queued("cannot seal").description
        end = .broken(EPROTO)
        failLater(EPROTO)
        return nil
    }

    private func seal(_ bytes: UnsafeRawBufferPointer, _ ssl: OpaquePointer) -> Bool {
        var done = 0
        while done < bytes.count {
            guard let base = bytes.baseAddress else { return false }
            let count = SSL_write(ssl, base + done, Int32(clamping: bytes.count - done))
            guard count > 0 else { return false }
            done += Int(count)
        }
        return true
    }

    private func keepEarly(_ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer) {
        let early = self.early ?? ByteBuffer(capacity: max(1_024, first.count + second.count))
        self.early = early
        early.append(first)
        early.append(second)
    }

    override func sealEarly() -> UnsafeRawBufferPointer? {
        guard let early = self.early else { return nil }
        self.early = nil
        return seal(early.readable, .init(start: nil, count: 0))
    }

    // MARK: The end

    override func sealEnd() -> UnsafeRawBufferPointer? {
        if case .broken? = end { return nil }
        guard phase == .open, let ssl else { return nil }
        scratch.sealed.removeAll()
        ERR_clear_error()
        _ = SSL_shutdown(ssl)
        ERR_clear_error()
        return scratch.sealed.isEmpty ? nil : scratch.sealed.readable
    }

    override func discardSeal() {
        SSL_free(ssl)
        ssl = nil
        early = nil
    }
}
