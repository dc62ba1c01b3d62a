import GatewayConfig
import HTTP1
import HTTPCore
import Transport

/// Another try of a request, on another server if there is one.
extension Exchange {
    /// Whether `server` has failed this request.
    func hasTried(_ server: UpstreamServer) -> Bool {
        if attempts == 0 { return false }
        return tried.contains { $0 === server }
    }

    /// The server for another try after no connection could be had: nothing was sent, so any request may go on.
    /// Addresses of one name stand in for each other even where nothing is retried: of those of localhost, often only one
    /// is listened on.
    func serverAfterNoConnection(_ fault: UpstreamFault) -> UpstreamServer? {
        if case .overloaded = fault { return nil }
        guard let group, let server, group.servers.count > 1, worker.loop.now < totalDeadline else {
            return nil
        }
        tried.append(server)
        if attempts > group.settings.retry {
            return attempts <= Self.addressTries ? group.sibling(of: server, for: self) : nil
        }
        guard let next = group.pick(for: self, insists: true), group.mayRetry() else { return nil }
        return next
    }

    private static let addressTries = 3

    /// The server for another try after a connection ended without a byte of an answer. That is safe for an idempotent
    /// method without a body (RFC 9110, 9.2.2). A connection that `wasReused` may have ended at any time, whatever its
    /// server is like: then the same server does where no other is in.
    func serverAfterNoAnswer(wasReused: Bool) -> UpstreamServer? {
        guard head.method.isIdempotent, savedHead == nil, let group, let server, hasTriesLeft(group) else {
            return nil
        }
        tried.append(server)
        let next =
            group.pick(for: self, insists: false)
            ?? (wasReused && !server.isRetired && !wasTriedBefore(server)
                ? server : group.pick(for: self, insists: true))
        guard let next, group.mayRetry() else { return nil }
        return next
    }

    private func wasTriedBefore(_ server: UpstreamServer) -> Bool {
        tried.dropLast().contains { $0 === server }
    }

    private func hasTriesLeft(_ group: UpstreamGroup) -> Bool {
        attempts <= group.settings.retry && worker.loop.now < totalDeadline
    }

    /// Tells the server's health what became of its request.
    func blameServer(_ fault: UpstreamFault) {
        guard let reason = fault.blame, let server else { return }
        // The route's own limit says nothing about the server.
        if case .responseTimeout = fault, worker.loop.now >= totalDeadline { return }
        server.noteFailure(reason)
    }
}
