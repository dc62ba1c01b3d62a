import CLinux
import Glibc
import Transport

/// Asks a redis-server on a unix socket whether it serves yet.
final class RedisProbe: StreamHandler, DeadlineReceiver {
    private static let pauseMilliseconds = 20
    private static let answerMilliseconds = 1_000
    private let loop: EventLoop
    private let path: String
    private let pid: pid_t
    private let pool = BufferPool(blockSize: 512, limit: 1)
    private let onServing: () -> Void
    private var stream: Stream?
    private var timer: DeadlineTimer?

    /// Asks until process `pid` answers yes, then calls `onServing` once.
    init(loop: EventLoop, path: String, pid: pid_t, onServing: @escaping () -> Void) {
        self.loop = loop
        self.path = path
        self.pid = pid
        self.onServing = onServing
        super.init()
        timer = DeadlineTimer(self)
        ask()
    }

    /// Stops asking, for good.
    func cancel() {
        drop()
        timer?.invalidate()
    }

    private func drop() {
        timer?.disarm()
        stream?.close()
        stream = nil
    }

    override func onConnected(_ stream: Stream) {
        // A server that is about to end, of a master that was killed, may still have the socket.
        var peer = clinux_ucred()
        guard clinux_peer_credentials(stream.descriptor, &peer) == 0, peer.pid == pid else {
            again()
            return
        }
        Array("PING\r\n".utf8).withUnsafeBytes { stream.write($0) }
    }

    override func onReadable(_ stream: Stream) {
        guard let input = stream.input, input.count >= 5 else { return }
        // While it loads the append-only file it says "-LOADING".
        let isServing = input.readable.starts(with: "+PONG".utf8)
        drop()
        guard isServing else {
            pause()
            return
        }
        cancel()
        onServing()
    }

    override func onEnd(_ stream: Stream) { again() }

    override func onFailure(_ stream: Stream, _ code: Int32) { again() }

    func onDeadline(_ timer: DeadlineTimer) {
        drop()
        ask()
    }

    private func again() {
        drop()
        pause()
    }

    private func pause() { if let timer { loop.arm(timer, after: Self.pauseMilliseconds) } }

    private func ask() {
        do throws(SystemError) {
            let socket = try DirectorySocket(path)
            let stream = try Stream(loop: loop, connectingTo: socket.address(), pool: pool)
            stream.handler = self
            self.stream = stream
            if let timer { loop.arm(timer, after: Self.answerMilliseconds) }
        } catch { pause() }
    }
}
