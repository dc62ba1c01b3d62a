import Glibc
public import Transport

/// Told what comes over a control pipe.
public protocol ControlReceiver: AnyObject {
    /// The other side said `message`.
    func onMessage(_ channel: ControlChannel, _ message: ControlMessage)
    /// The other side is gone. The channel is closed.
    func onEnd(_ channel: ControlChannel)
}

/// One end of the pipe (a socket pair) between the master and a worker, on the loop.
public final class ControlChannel: EventSource {
    private let loop: EventLoop
    private weak var receiver: (any ControlReceiver)?
    private var pending: [UInt8] = []

    /// Takes over `descriptor`.
    public init(loop: EventLoop, descriptor: Int32, receiver: any ControlReceiver) throws(SystemError) {
        self.loop = loop
        self.receiver = receiver
        super.init()
        Sockets.adopt(descriptor)
        do {
            try loop.register(self, descriptor: descriptor, interest: .read)
        } catch {
            Glibc.close(descriptor)
            throw error
        }
    }

    /// Both ends of a new pipe.
    public static func makePair() throws(SystemError) -> (Int32, Int32) {
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw SystemError(call: "socketpair") }
        return (ends[0], ends[1])
    }

    /// Says `message`. A side that does not read (the socket buffer holds thousands of lines) hears nothing more.
    public func send(_ message: ControlMessage) {
        guard descriptor >= 0 else { return }
        let line = message.line
        _ = line.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }

    /// Closes this end; the receiver hears nothing more.
    public func close() {
        receiver = nil
        loop.close(self)
    }

    /// Reads what came.
    public override func onReady(_ readiness: Readiness) {
        var chunk = [UInt8](repeating: 0, count: 4_096)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        if count < 0, errno == EAGAIN || errno == EINTR { return }
        guard count > 0 else {
            end()
            return
        }
        pending.append(contentsOf: chunk[..<count])
        deliver()
        if pending.count > ControlMessage.maximumLine { end() }
    }

    private func deliver() {
        while let lineEnd = pending.firstIndex(of: 0x0a) {
            let message = ControlMessage(line: pending[..<lineEnd])
            pending.removeSubrange(...lineEnd)
            if let message { receiver?.onMessage(self, message) }
        }
    }

    private func end() {
        guard descriptor >= 0 else { return }
        let told = receiver
        close()
        told?.onEnd(self)
    }
}
