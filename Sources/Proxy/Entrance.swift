import GatewayConfig
import Operations
import Transport

/// One listener of a worker: how clients that connect to it are met.
final class Entrance {
    private unowned let worker: Worker
    /// nil = plain HTTP.
    let tls: TLSServerContext?
    /// Status with which everything is sent to https; 0 = it is not.
    var redirectStatus = 0
    var proxyProtocol = ListenerSettings.ProxyProtocol.off

    /// Its open connections, and all that it has accepted.
    let open: MetricCells
    let accepted: MetricCells

    /// The entrance of listener number `index`.
    init(worker: Worker, tls: TLSServerContext?, index: Int) {
        self.worker = worker
        self.tls = tls
        open = worker.metrics.cells(.connectionsOpen, index)
        accepted = worker.metrics.cells(.connections, index)
    }

    /// The entrance for `listener`, which is number `index`.
    ///
    /// - Throws: `TLSFailure` if its certificates cannot be served with.
    static func make(
        _ listener: ListenerSettings, index: Int, worker: Worker, tickets: TicketSecret, scratch: TLSScratch
    ) throws(TLSFailure) -> Entrance {
        guard let settings = listener.tls else { return Entrance(worker: worker, tls: nil, index: index) }
        var certificates: [TLSCertificate] = []
        for item in settings.certificates {
            certificates.append(try TLSCertificate(certificate: item.certificate, key: item.key))
        }
        let context = try TLSServerContext(
            certificates: certificates, minimum: settings.minimum == .version13 ? .version13 : .version12,
            tickets: tickets, scratch: scratch)
        return Entrance(worker: worker, tls: context, index: index)
    }

    /// The stream of a client that has connected.
    func open(_ descriptor: Int32, loop: EventLoop, pool: BufferPool) throws(SystemError) -> Stream {
        guard let tls else { return try Stream(loop: loop, connected: descriptor, pool: pool) }
        return try TLSStream(loop: loop, connected: descriptor, pool: pool, context: tls)
    }
}

extension Entrance: AcceptReceiver {
    func onAccept(_ acceptor: Acceptor, descriptor: Int32, peer: SocketAddress) {
        if proxyProtocol == .off {
            worker.accept(descriptor, peer, self)
        } else {
            meet(descriptor, peer, worker)
        }
    }

    func onAcceptFailure(_ acceptor: Acceptor, _ error: SystemError) {
        worker.processLog.error(
            "cannot accept connections; raise the open-files limit (LimitNOFILE, ulimit -n)",
            ["error": .text(error.description)])
    }
}
