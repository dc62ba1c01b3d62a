import Transport

/// Closes the tunnels of a worker that ends, spread over some time, so that their clients do not all come back to
/// the next gateway at once.
final class TunnelDrain {
    private static let stepMilliseconds: Int64 = 50

    private unowned let worker: Worker
    private let timer = DeadlineTimer()
    private var waiting: [(connection: ClientConnection, epoch: UInt64)] = []
    private var total = 0
    /// Milliseconds in all.
    private var duration: Int64 = 1
    /// Monotonic milliseconds.
    private var end: Int64 = 0

    init(worker: Worker) { self.worker = worker }

    /// Closes all of them within `milliseconds`, with the code for "going away" (RFC 6455, 7.4.1).
    func start(within milliseconds: Int) {
        timer.own(by: self)
        duration = Int64(max(1, milliseconds))
        end = worker.loop.now + duration
        collect()
        total = waiting.count
        step()
    }

    /// For the end of the process.
    func stop() { timer.invalidate() }

    private func collect() {
        waiting = worker.connections.compactMap { connection in
            guard let connection, let exchange = connection.exchange, exchange.phase == .tunnel else {
                return nil
            }
            return (connection, exchange.epoch)
        }
    }

    /// Closes this step's share of those that wait. Whatever became a tunnel after the start goes with the last.
    private func step() {
        let left = end - worker.loop.now
        guard left > Self.stepMilliseconds else {
            collect()
            closeLast(waiting.count)
            return
        }
        // So many may still be open at this moment; what has closed by itself meanwhile is passed over.
        closeLast(waiting.count - Int(Int64(total) * left / duration))
        worker.loop.arm(timer, after: Int(Self.stepMilliseconds))
    }

    private func closeLast(_ count: Int) {
        guard count > 0 else { return }
        for (connection, epoch) in waiting.suffix(count) {
            guard let exchange = connection.exchange, exchange.epoch == epoch else { continue }
            exchange.closeTunnel(code: Exchange.goingAwayCode, end: .drain)
        }
        waiting.removeLast(count)
    }
}

extension TunnelDrain: DeadlineReceiver {
    func onDeadline(_ timer: DeadlineTimer) { step() }
}
