import HTTP1
import HTTPCore
import Operations
import Transport

/// What is measured of an exchange.
///
/// Most stamps are the loop's, which every turn takes anyway; the clock itself is read twice: when the request has
/// gone to the origin, and at the end.
struct ExchangeTimes {
    /// When the whole head was there; monotonic microseconds, as all that is a time here.
    var started: Int64 = 0
    /// How long the head took from its first byte to its last.
    var read: Int64 = 0
    /// When the session was asked for; then how long that took.
    var askedForSession: Int64 = 0
    var auth: Int64 = -1
    /// When a connection was asked for that was not there; then how long it took.
    var askedForConnection: Int64 = 0
    var connect: Int64 = -1
    /// When the request went to the origin; 0 = it did not.
    var sent: Int64 = 0
    /// From there to the head of the answer.
    var firstByte: Int64 = -1
    /// What was spent waiting for others: connections, earlier tries, and the origin with the client.
    var waited: Int64 = 0
    /// The end.
    var finished: Int64 = 0

    var total: Int64 { finished - started + read }
    /// The gateway's own part.
    var own: Int64 { max(0, finished - started - waited) }
}

extension Exchange {
    /// A connection has to be made, or to come free.
    func noteConnecting() { times.askedForConnection = worker.loop.nowMicroseconds }

    /// A connection is there, or there will be none.
    func noteConnected() {
        guard times.askedForConnection > 0 else { return }
        let took = max(0, worker.loop.nowMicroseconds - times.askedForConnection)
        times.askedForConnection = 0
        times.connect = max(0, times.connect) + took
        times.waited += took
        fixedGroup?.use { $0.meter.connect.observe(took) }
    }

    /// The request is with the origin.
    func noteSent() { times.sent = Clock.monotonicMicroseconds() }

    /// The head of the answer is there.
    func noteFirstByte() {
        times.firstByte = max(0, worker.loop.nowMicroseconds - times.sent)
        fixedGroup?.use { group in
            group.meter.firstByte.observe(times.firstByte)
            group.meter.responses.add(at: worker.meters.code(status))
        }
    }

    /// This try came to nothing; there may be another.
    func noteTryOver() {
        guard times.sent > 0 else { return }
        times.waited += max(0, worker.loop.nowMicroseconds - times.sent)
        times.sent = 0
    }

    /// The exchange is over, or has become a tunnel.
    func noteEnd() {
        times.finished = Clock.monotonicMicroseconds()
        let wasForwarded = times.sent > 0
        noteTryOver()
        if wasForwarded { worker.meters.overhead.observe(times.own) }
    }

    /// The tunnel is over; nothing in its life was ours.
    func noteTunnelEnd() {
        times.finished = Clock.monotonicMicroseconds()
        times.waited = times.finished - times.started
    }

    /// Counts an answered request, and a WebSocket when it opens.
    func measureRequest() {
        let method = Int(head.method.rawValue)
        let code = worker.meters.code(status)
        let microseconds = times.finished - times.started
        withMeter { $0.count(method: method, code: code, microseconds: microseconds) }
        if let badRequest { worker.meters.badRequests.count(badRequest) }
    }

    /// Counts what went through, and that it is over.
    func measureEnd() {
        withMeter { $0.count(bytesIn: requestBodyBytes, bytesOut: responseBytes) }
        fixedSite?.use { $0.inFlight.subtractOne() }
    }

    @inline(__always)
    private func withMeter(_ body: (RouteMeter) -> Void) {
        if let fixedRoute {
            fixedRoute.use { body($0.meter) }
        } else if let fixedSite {
            fixedSite.use { body(endpointMeter($0)) }
        } else {
            body(worker.meters.nowhere)
        }
    }

    private func endpointMeter(_ site: CompiledSite) -> RouteMeter {
        guard let fixedRealm else { return site.meter }
        return site.endpointMeters[fixedRealm.use { $0.index }]
    }

    /// Counts a tunnel that is over.
    func measureTunnelEnd() {
        fixedRoute?.use { $0.webSockets.subtractOne() }
        let reason: WebSocketEndLabel =
            switch end {
            case .revoked: .revoked
            case .expired: .expired
            case .drain: .drain
            case .upstreamTimeout: .idle
            default: tunnelEndsByOrigin ? .upstream : .client
            }
        worker.meters.webSocketEnds.count(reason)
    }
}

extension BadRequestLabel {
    /// The kind of what was wrong with a head.
    init(_ reason: RequestRefusal.Reason) {
        switch reason {
        case .target, .method, .version, .notHTTP1: self = .target
        case .targetSize, .headerSize, .headerCount: self = .tooLarge
        case .host: self = .host
        case .framing, .lineEnd: self = .framing
        case .folded, .headerName, .headerValue, .connection, .expect, .maxForwards: self = .header
        }
    }
}
