import CLinux
import Glibc

/// Told of new connections.
public protocol AcceptReceiver: AnyObject {
    /// `descriptor` is connected, non-blocking and now the receiver's.
    func onAccept(_ acceptor: Acceptor, descriptor: Int32, peer: SocketAddress)
    /// No descriptor or memory was left; the acceptor pauses for a moment.
    func onAcceptFailure(_ acceptor: Acceptor, _ error: SystemError)
}

/// A listening socket on the loop.
public final class Acceptor: EventSource, DeadlineReceiver {
    private static let connectionsPerTick = 64
    private static let pauseMilliseconds = 100
    private let loop: EventLoop
    private unowned let receiver: any AcceptReceiver
    private var retry: DeadlineTimer?
    /// The address it listens on.
    public let address: SocketAddress?

    /// Starts to accept on `descriptor`, which several processes may share.
    public init(
        loop: EventLoop, descriptor: consuming FileDescriptor, receiver: any AcceptReceiver
    ) throws(SystemError) {
        self.loop = loop
        self.receiver = receiver
        address = Sockets.localAddress(descriptor.number)
        super.init()
        try loop.register(self, descriptor: descriptor.release(), interest: [.read, .exclusive])
    }

    /// Stops listening and closes this process's descriptor.
    ///
    /// What is in the backlog is still accepted: the kernel may have told this process alone of it (EPOLLEXCLUSIVE),
    /// and the others that share the socket would hear of it with the next connection only.
    public func close() {
        loop.stopWatching(self)
        while descriptor >= 0, acceptOne() {}
        retry?.invalidate()
        retry = nil
        pausedDescriptor = nil
        loop.close(self)
    }

    /// Takes what waits in the backlog.
    public override func onReady(_ readiness: Readiness) {
        for _ in 0..<Self.connectionsPerTick {
            guard descriptor >= 0, acceptOne() else { return }
        }
    }

    private func acceptOne() -> Bool {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let number = withUnsafeMutablePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { clinux_accept4(descriptor, $0, &length) }
        }
        if number >= 0 {
            let peer = SocketAddress(storage, length: length)
            if peer.family != AF_UNIX { Sockets.setNoDelay(number) }
            receiver.onAccept(self, descriptor: number, peer: peer)
            return true
        }
        switch errno {
        case EAGAIN: return false
        case EMFILE, ENFILE, ENOBUFS, ENOMEM:
            pause(SystemError(call: "accept"))
            return false
        // The connection died in the backlog, or a firewall said no: the next one may be fine (accept(2)).
        default: return true
        }
    }

    /// EPOLLEXCLUSIVE registrations cannot be modified, so the socket leaves the loop and comes back.
    private func pause(_ error: SystemError) {
        let number = loop.release(self)
        guard number >= 0 else { return }
        pausedDescriptor = FileDescriptor(number)
        let timer = retry ?? DeadlineTimer(self)
        retry = timer
        loop.arm(timer, after: Self.pauseMilliseconds)
        receiver.onAcceptFailure(self, error)
    }

    private var pausedDescriptor: FileDescriptor?

    /// The pause is over.
    public func onDeadline(_ timer: DeadlineTimer) {
        guard let paused = pausedDescriptor.take() else { return }
        let number = paused.release()
        do {
            try loop.register(self, descriptor: number, interest: [.read, .exclusive])
        } catch {
            pausedDescriptor = FileDescriptor(number)
            loop.arm(timer, after: Self.pauseMilliseconds)
        }
    }
}
