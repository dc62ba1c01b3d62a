import Access
import GatewayConfig
import HTTP1
import HTTPCore
import Pages
import Sessions
import Transport

/// `GET verify`: what another proxy asks before it lets a request through (nginx `auth_request`, Traefik
/// `forwardAuth`, Caddy `forward_auth`). 200 with the identity headers lets it, 401 and 403 do not; nobody is sent
/// anywhere, since some of these proxies take a redirect for an error.
extension Exchange {
    /// Without more, a session of the realm is what it takes. A trusted proxy that names the request in
    /// `X-Forwarded-Uri` gets the route table's decision about it (decision 18).
    func verifyRequest() {
        guard let endpoint else { return }
        guard connection.peer.isTrusted, let target = field(.xForwardedURI) else {
            askForSession(endpoint.realm)
            return
        }
        let lines = head.fields.count { $0.id == .xForwardedURI || $0.id == .xForwardedMethod }
        guard lines <= 2, let method = forwardedMethod(isAlone: lines == 1) else {
            refuse(400, .badRequest, "It is not clear which request is asked about.")
            return
        }
        switch verifiedRoute(target, method) {
        case .refused: refuse(400, .badRequest, "The forwarded request is ambiguous, so it is not allowed.")
        case .own: respond(Reply(status: 200))
        case .none: refuse(403, .forbiddenRole, "Nobody may use this address.")
        case .route(let route): verify(route, method, endpoint)
        }
    }

    /// The method of the request in question; nil: it is not clear. A proxy that does not say it asks about a GET.
    private func forwardedMethod(isAlone: Bool) -> [UInt8]? {
        let methods = head.fields.filter { $0.id == .xForwardedMethod }
        guard methods.count <= 1, isAlone == methods.isEmpty else { return nil }
        guard let line = methods.first else { return Array("GET".utf8) }
        return line.value.isEmpty ? nil : Array(bytes(line.value))
    }

    // MARK: Route

    private enum VerifiedRoute {
        case route(CompiledRoute)
        /// A page of ours, which sees to itself.
        case own
        case none
        case refused
    }

    private func verifiedRoute(_ target: UnsafeRawBufferPointer, _ method: [UInt8]) -> VerifiedRoute {
        let host = forwardedHost.bindMemory(to: UInt8.self).span
        let path = target.prefix { $0 != UInt8(ascii: "?") }
        guard !path.isEmpty, HostName.isValid(host, 0..<host.count),
            let site = worker.site(forHost: 0..<host.count, host)
        else { return .refused }
        return site.use { verifiedRoute(of: $0, Array(path), method) }
    }

    private func verifiedRoute(of site: CompiledSite, _ path: [UInt8], _ method: [UInt8]) -> VerifiedRoute {
        guard let canonical = Self.canonical(path, encoded: site.allowsEncodedPaths) else { return .refused }
        if worker.router.gatewayPath(site: site.index, path: canonical.span) != nil { return .own }
        var match = worker.router.match(site: site.index, method: method.span, path: canonical.span)
        if case .methodNotAllowed = match, forwardedFacts(method).isPreflight,
            let asked = field(.accessControlRequestMethod)
        {
            let span = asked.bindMemory(to: UInt8.self).span
            match = worker.router.match(site: site.index, method: span, path: canonical.span)
        }
        guard case .route(let index) = match else { return .none }
        let route = site.routes[index]
        let isFit = route.settings.encodedPaths || Self.canonical(path, encoded: false) != nil
        return isFit ? .route(route) : .refused
    }

    private static func canonical(_ path: [UInt8], encoded: Bool) -> [UInt8]? {
        var canonical: [UInt8] = []
        switch CanonicalPath.make(path.span, 0..<path.count, encoded: encoded, into: &canonical) {
        case .verbatim: return path
        case .rewritten: return canonical
        case .refused: return nil
        }
    }

    private func forwardedFacts(_ method: [UInt8]) -> RequestFacts { requestFacts(method: method.span) }

    // MARK: Decision

    private func verify(_ route: CompiledRoute, _ method: [UInt8], _ endpoint: EndpointRequest) {
        let facts = forwardedFacts(method)
        switch route.access.withoutSession(isPreflight: facts.isPreflight) {
        case .allow?: respond(Reply(status: 200))
        case .some: refuse(403, .forbiddenRole, "Nobody may use this address.")
        case nil:
            if let realm = route.realm { fixedRealm = realm }
            endpoint.verified = EndpointRequest.Verified(route: route, method: method)
            askForSession(realm ?? endpoint.realm)
        }
    }

    private func askForSession(_ realm: Realm) {
        guard let endpoint else { return }
        endpoint.next = .verify
        switch findTicket(realm) {
        case .valid(let hash):
            phase = .authenticating
            realm.sessions.lookup(hash, receiver: self, token: epoch)
        case .duplicate:
            clearsCookie = true
            answerVerify()
        case .none, .invalid: answerVerify()
        }
    }

    func answerVerify() {
        if sessionResult == .unavailable {
            refuseUnavailableStore()
            return
        }
        guard let verified = endpoint?.verified else {
            if identity.isPresent { respondVerified() } else { refuseUnauthenticated() }
            return
        }
        answerVerify(verified.route, verified.method)
    }

    private func answerVerify(_ route: CompiledRoute, _ method: [UInt8]) {
        let isSafe = Method.of(method.span, 0, method.count).isSafe
        if identity.isPresent && !isSafe && !usesBearer && route.settings.csrf && !originIsFit(route) {
            refuse(403, .csrfFailed, "The request does not come from a page of this site.")
            return
        }
        // Most proxies that ask keep Connection and Upgrade to themselves; the key shows what the request is.
        if field(.secWebSocketKey) != nil, !mayOpenWebSocket(route.access.origins, host: forwardedHost) {
            refuse(403, .originNotAllowed, "Pages of that origin may not open this connection.")
            return
        }
        switch route.access.decide(sessionState(), forwardedFacts(method)) {
        case .allow(let withIdentity):
            if !withIdentity { identity.clear() }
            if withIdentity, let fresh = route.fresh, isLoginOlder(than: fresh) {
                answerReauthRequired()
                return
            }
            respondVerified()
        case .login, .unauthorized: refuseUnauthenticated()
        case .forbidden: refuse(403, .forbiddenRole, "Your account may not use this address.")
        case .denied: refuse(403, .forbiddenRole, "Nobody may use this address.")
        case .unavailable: refuseUnavailableStore()
        }
    }

    /// As for a request that is forwarded, but the host is the one that the proxy was asked for.
    private func originIsFit(_ route: CompiledRoute) -> Bool {
        let verdict = originVerdict(route.access.origins, host: forwardedHost)
        if verdict != .unstated { return verdict == .allowed }
        // The proxy keeps the body to itself; that there is one shows in its type.
        let type = field(.contentType)?.bindMemory(to: UInt8.self)
        return verdict.permitsToApplication(OriginPolicy.Body(contentType: type?.span, isEmpty: type == nil))
    }

    private func respondVerified() {
        var reply = Reply(status: 200)
        let lines = ByteBuffer(capacity: 1 << 10)
        worker.rules.writeIdentity(self, into: lines)
        reply.addLines(Array(lines.readable))
        respond(reply)
    }
}
