import GatewayConfig
import HTTP1
import HTTPCore
import Operations
import Pages

extension Exchange {
    /// Refuses what would confuse somebody behind us: other spellings of names that we set or read, and Connection
    /// options that name them (decision 22). What is dropped instead is dropped while forwarding. False: answered.
    func screen() -> Bool { fixedRoute?.use { screen($0) } ?? false }

    private func screen(_ route: CompiledRoute) -> Bool {
        if head.mayHaveSuspiciousFields && !rules.accepts(head, headBytes) {
            end = .badRequest
            badRequest = .header
            return refused(400, .badRequest, "A header field of the request is not acceptable here.")
        }
        if isLooping() { return refused(508, .upstreamUnavailable, "The request goes round in a circle.") }
        if head.hasUpgrade && head.upgradesToWebSocket && !route.settings.websocket {
            return refused(400, .badRequest, "This address does not take WebSocket connections.")
        }
        if head.hasUpgrade && head.upgradesToWebSocket && !isWebSocketHandshakeValid() {
            return refused(400, .badRequest, "The WebSocket handshake is not valid.")
        }
        guard let limit = route.settings.body else { return checkMaxForwards() }
        bodyLimit = limit
        if let length = head.contentLength, length > limit {
            badRequest = .tooLarge
            end = .limit
            return refused(413, .bodyTooLarge, "The request's body is larger than this address takes.")
        }
        return checkMaxForwards()
    }

    private func isWebSocketHandshakeValid() -> Bool {
        guard let key = field(.secWebSocketKey), let version = field(.secWebSocketVersion) else {
            return false
        }
        return WebSocketHandshake.isValid(
            key: key.bindMemory(to: UInt8.self).span, version: version.bindMemory(to: UInt8.self).span)
    }

    /// The request has been here several times already (RFC 9110, 7.6): an upstream leads back to us.
    private func isLooping() -> Bool {
        guard head.mayHave(.via) else { return false }
        var visits = 0
        for line in head.fields where line.id == .via && bytes(line.value).elementsEqual(Self.viaValue) {
            visits += 1
        }
        return visits >= 4
    }

    private static let viaValue = Array("1.1 gatehouse".utf8)

    /// OPTIONS with `Max-Forwards: 0` is for us (RFC 9110, 7.6.2).
    private func checkMaxForwards() -> Bool {
        guard head.method == .options, head.maxForwards == 0 else { return true }
        respond(Reply(status: 204))
        return false
    }
}
