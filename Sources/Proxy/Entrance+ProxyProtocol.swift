import GatewayConfig
import Operations
import Transport

extension Entrance {
    /// Meets a connection where a PROXY header may come first. Strangers' headers say nothing: theirs are not
    /// looked at, or, where one is required, they are turned away.
    func meet(_ descriptor: Int32, _ address: SocketAddress, _ worker: Worker) {
        let peer = PeerAddress(address, trusted: worker.trusted)
        guard peer.isTrusted else {
            if proxyProtocol == .required {
                worker.refusedForeword(peer, "only peers in trust_proxy may send one")
                _ = FileDescriptor(descriptor)
            } else {
                worker.accept(descriptor, peer, self)
            }
            return
        }
        guard worker.counters.acquire(.connections, limit: worker.settings.limits.connections) else {
            worker.meters.rejections.count(RejectionLabel.limit)
            worker.refuse(descriptor, peer)
            return
        }
        do {
            _ = try ProxyHeaderReader(worker: worker, entrance: self, descriptor: descriptor, peer: peer)
        } catch {
            worker.counters.release(.connections)
        }
    }
}

extension Worker {
    /// A connection is closed because of its PROXY header.
    func refusedForeword(_ peer: PeerAddress, _ reason: String) {
        tally.count(.connectionsRejected)
        meters.rejections.count(RejectionLabel.proxyProtocol)
        processLog.warning(
            "connection refused because of its PROXY header",
            ["peer": .text(String(decoding: peer.text, as: UTF8.self)), "reason": .text(reason)])
    }
}
