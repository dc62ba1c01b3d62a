import GatewayConfig
import HTTP1
import Operations
import Transport

/// A connection whose PROXY header has not come yet. Afterwards it is one like any other, of the client that the
/// header names.
final class ProxyHeaderReader: Foreword {
    /// Milliseconds for a header, which its sender writes with the connection.
    private static let patience = 5_000

    private let worker: Worker
    private let entrance: Entrance
    /// The proxy.
    private let peer: PeerAddress
    private let timer = DeadlineTimer()

    init(worker: Worker, entrance: Entrance, descriptor: Int32, peer: PeerAddress) throws(SystemError) {
        self.worker = worker
        self.entrance = entrance
        self.peer = peer
        try super.init(loop: worker.loop, connected: descriptor)
        timer.own(by: self)
        worker.loop.arm(timer, after: min(Self.patience, worker.settings.timeouts.header))
        worker.forewordBegan()
    }

    override func onReady(_ readiness: Readiness) {
        withUnsafeTemporaryAllocation(byteCount: ProxyHeader.longest, alignment: 1) { target in
            switch look(target) {
            case .nothing: break
            case .over: end()
            case .bytes(let count): read(UnsafeRawBufferPointer(rebasing: target[..<count]))
            }
        }
    }

    private func read(_ bytes: UnsafeRawBufferPointer) {
        switch ProxyHeader.parse(bytes.bindMemory(to: UInt8.self).span) {
        case .incomplete: break
        case .broken: refuse("it is broken")
        case .absent where entrance.proxyProtocol == .required: refuse("there is none")
        case .absent: hand(over: peer, dropping: 0)
        case .complete(let header): hand(over: client(header), dropping: header.length)
        }
    }

    private func client(_ header: ProxyHeader) -> PeerAddress {
        switch header.source {
        case .proxy: peer
        case .unknown: PeerAddress(unknownBehind: peer, isOverTLS: header.isOverTLS)
        case .address(let bytes):
            PeerAddress(bytes, behind: peer, isOverTLS: header.isOverTLS, trusted: worker.trusted)
        }
    }

    private func hand(over client: PeerAddress, dropping count: Int) {
        let descriptor = leave(dropping: count)
        timer.invalidate()
        // The place that was kept for it is the one it takes.
        worker.counters.release(.connections)
        if descriptor >= 0 { worker.accept(descriptor, client, entrance) }
        worker.forewordEnded()
    }

    private func refuse(_ reason: String) {
        worker.refusedForeword(peer, reason)
        end()
    }

    private func end() {
        close()
        timer.invalidate()
        worker.counters.release(.connections)
        worker.forewordEnded()
    }
}

extension ProxyHeaderReader: DeadlineReceiver {
    func onDeadline(_ timer: DeadlineTimer) { refuse("it did not come in time") }
}
