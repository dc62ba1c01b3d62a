public import Transport

/// Told what the master wants of this worker.
public protocol WorkerControlDelegate: AnyObject {
    /// Newer workers serve: stop listening before this returns, finish what runs, however long it takes, then exit with status 0.
    func onDrain()
    /// The gateway ends: stop listening, finish what runs in so many milliseconds, cut the rest, exit with status 0.
    func onTerminate(graceMilliseconds: Int)
    /// Open the log files anew.
    func onReopenLogs()
    /// Write the state to the log.
    func onDump()
    /// The master has died: stop listening and drain.
    func onMasterGone()
}

/// A worker's end of its control pipe.
public final class WorkerControl: ControlReceiver {
    private weak var delegate: (any WorkerControlDelegate)?
    private var channel: ControlChannel?

    /// Takes over `descriptor`; `delegate` is told what comes, on the loop.
    public init(
        loop: EventLoop, descriptor: Int32, delegate: any WorkerControlDelegate
    ) throws(SystemError) {
        self.delegate = delegate
        channel = try ControlChannel(loop: loop, descriptor: descriptor, receiver: self)
    }

    /// Tells the master that this worker serves.
    public func sendReady() { channel?.send(.ready) }

    /// Tells the master why this worker cannot start; exit after that.
    public func sendFailed(_ reason: String) { channel?.send(.failed(reason)) }

    /// The master said `message`.
    public func onMessage(_ channel: ControlChannel, _ message: ControlMessage) {
        switch message {
        case .drain:
            delegate?.onDrain()
            self.channel?.send(.draining)
        case .terminate(let grace): delegate?.onTerminate(graceMilliseconds: grace)
        case .reopenLogs: delegate?.onReopenLogs()
        case .dump: delegate?.onDump()
        case .ping: self.channel?.send(.pong)
        case .ready, .failed, .draining, .pong: break
        }
    }

    /// The pipe is closed.
    public func onEnd(_ channel: ControlChannel) {
        self.channel = nil
        delegate?.onMasterGone()
    }
}
