import Access
import GatewayConfig
import HTTP1
import HTTPCore

extension Exchange {
    /// Route requirement and identity give the decision; then it is carried out.
    func decide() {
        guard let route else { return }
        if route.isPlainUser && identity.isPresent && !head.hasUpgrade {
            proceed()
            return
        }
        let facts = requestFacts()
        let roles = identityRoles()
        let decision = Decision.make(
            access: route.settings.access, isAuthenticated: identity.isPresent, roles: roles, facts: facts,
            onUnauthenticated: route.settings.onUnauthenticated)
        switch decision {
        case .allow: allowed(facts)
        case .login: redirectToLogin()
        case .unauthorized: refuseUnauthenticated()
        case .forbidden: refuse(403, .forbiddenRole, "Your account may not use this address.")
        case .denied: refuse(403, .forbiddenRole, "Nobody may use this address.")
        }
    }

    private func allowed(_ facts: RequestFacts) {
        // A preflight goes on without an identity (http-interface: it carries no credentials).
        if facts.isPreflight { identity.clear() }
        if head.upgradesToWebSocket && !isWebSocketOriginAllowed() {
            refuse(403, .originNotAllowed, "Pages of that origin may not open this connection.")
            return
        }
        proceed()
    }

    private func proceed() {
        guard let route else { return }
        switch route.target {
        case .upstream(let group):
            self.group = group
            if route.rewritesPath && !rewritePath(route) { return }
            forward()
        case .respond(let status, let text):
            var reply = Reply(status: status)
            if let text { reply.setBody(text, "text/plain; charset=utf-8") }
            respond(reply)
        case .redirect(let location, let status):
            var reply = Reply(status: status)
            reply.add("Location", location)
            respond(reply)
        case .none:
            refuse(403, .forbiddenRole, "Nobody may use this address.")
        }
    }

    private func rewritePath(_ route: CompiledRoute) -> Bool {
        rewrittenPath = withPath {
            PathRewrite.apply(
                $0, strip: route.stripPrefix, segments: route.rewriteSegments, rewrite: route.rewrite)
        }
        return rewrittenPath != nil
            || refused(400, .badRequest, "The request's path cannot be rewritten as this address asks for.")
    }

    /// What the decision looks at.
    func requestFacts() -> RequestFacts {
        var facts = RequestFacts(method: head.method)
        facts.upgradesToWebSocket = head.upgradesToWebSocket
        for line in head.fields {
            let value = bytes(line.value).bindMemory(to: UInt8.self).span
            facts.note(line.id, value)
        }
        return facts
    }

    private func identityRoles() -> [[UInt8]] {
        guard identity.isPresent else { return [] }
        return identity.view.roles.map { range in identity.withBytes(range) { Array($0) } }
    }

    private func isWebSocketOriginAllowed() -> Bool {
        guard let route else { return false }
        return OriginRule.allowsWebSocket(
            origin: field(.origin).map { Array($0) }, host: Array(bytes(head.host)), scheme: knownScheme,
            allowed: route.origins)
    }

    /// The scheme the client used, where that is known: from a trusted proxy.
    var knownScheme: OriginRule.Scheme? {
        guard connection.peer.isTrusted, let proto = field(.xForwardedProto) else { return nil }
        if proto.elementsEqual("https".utf8) { return .https }
        return proto.elementsEqual("http".utf8) ? .http : nil
    }
}
