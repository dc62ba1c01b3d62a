import Access
import GatewayConfig
import HTTP1
import HTTPCore
import Operations
import Pages

extension Exchange {
    /// Route requirement and session give the decision; then it is carried out.
    func decide() { fixedRoute?.use { decide($0) } }

    private func decide(_ route: CompiledRoute) {
        // A page of another site must not act with the user's cookie.
        if identity.isPresent && !head.method.isSafe && !usesBearer && route.settings.csrf
            && !comesFromHere(route)
        {
            route.meter.decisions.count(DecisionLabel.csrf)
            refuse(403, .csrfFailed, "The request does not come from a page of this site.")
            return
        }
        if route.isPlainUser && identity.isPresent && !head.hasUpgrade {
            proceed(route)
            return
        }
        switch route.access.decide(sessionState(), requestFacts()) {
        case .allow(let withIdentity):
            if !withIdentity { identity.clear() }
            if withIdentity, let fresh = route.fresh, isLoginOlder(than: fresh) {
                route.meter.decisions.count(DecisionLabel.login)
                refuseStaleLogin(route)
                return
            }
            allowed(route)
        case .login:
            route.meter.decisions.count(DecisionLabel.login)
            redirectToLogin()
        case .unauthorized:
            route.meter.decisions.count(DecisionLabel.unauthorized)
            refuseUnauthenticated()
        case .forbidden:
            route.meter.decisions.count(DecisionLabel.forbidden)
            refuse(403, .forbiddenRole, "Your account may not use this address.")
        case .denied:
            route.meter.decisions.count(DecisionLabel.forbidden)
            refuse(403, .forbiddenRole, "Nobody may use this address.")
        case .unavailable:
            route.meter.decisions.count(DecisionLabel.unavailable)
            refuseUnavailableStore()
        }
    }

    func sessionState() -> SessionState {
        if sessionResult == .unavailable { return .unavailable }
        guard identity.isPresent, let realm else { return .absent }
        return .live(realm: realm.index, roles: identity.roles)
    }

    private func allowed(_ route: CompiledRoute) {
        if head.upgradesToWebSocket && !mayOpenWebSocket(route.access.origins, host: bytes(head.host)) {
            route.meter.decisions.count(DecisionLabel.origin)
            refuse(403, .originNotAllowed, "Pages of that origin may not open this connection.")
            return
        }
        proceed(route)
    }

    private func proceed(_ route: CompiledRoute) {
        if route.hasLimits && !isWithinLimits(route.limits) { return }
        route.meter.decisions.count(DecisionLabel.allow)
        if let group = route.group {
            fixedGroup = group
            if route.rewritesPath && !rewritePath(route) { return }
            forward(route, group)
            return
        }
        switch route.target {
        case .upstream: return
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

    /// What a decision about somebody who is not logged in looks at.
    func requestFacts() -> RequestFacts {
        let raw = headBytes.bindMemory(to: UInt8.self)
        return requestFacts(method: raw.span.extracting(head.methodRange))
    }

    /// The same about a request with another method.
    func requestFacts(method: Span<UInt8>) -> RequestFacts {
        let raw = headBytes.bindMemory(to: UInt8.self)
        let all = raw.span
        var facts = RequestFacts(method: method)
        for line in head.fields {
            guard let field = Self.factField(line.id) else { continue }
            facts.note(field, all.extracting(line.value))
        }
        return facts
    }

    private static func factField(_ id: FieldID) -> RequestFacts.Field? {
        switch id {
        case .accept: .accept
        case .authorization: .authorization
        case .origin: .origin
        case .accessControlRequestMethod: .preflightMethod
        case .xRequestedWith: .requestedWith
        case .secFetchMode: .fetchMode
        case .secFetchDest: .fetchDestination
        case .upgrade: .upgrade
        default: nil
        }
    }

    /// Whether a page of the request's origin may open a WebSocket on `host` (decision 25).
    func mayOpenWebSocket(_ policy: OriginPolicy, host asked: UnsafeRawBufferPointer) -> Bool {
        let raw = headBytes.bindMemory(to: UInt8.self)
        let all = raw.span
        var origin: Range<Int>?
        // Given twice, it says nothing that could be trusted: an empty value is nobody's origin.
        for line in head.fields where line.id == .origin { origin = origin == nil ? line.value : 0..<0 }
        let hostBytes = asked.bindMemory(to: UInt8.self)
        let host = hostBytes.span
        guard let origin else { return policy.permitsWebSocket(origin: nil, host: host, scheme: knownScheme) }
        return policy.permitsWebSocket(origin: all.extracting(origin), host: host, scheme: knownScheme)
    }

    /// The scheme the client used, where that is known: from a trusted proxy, or by our own TLS.
    var knownScheme: WebScheme? {
        guard connection.peer.isTrusted, let proto = field(.xForwardedProto) else {
            return connection.tlsVersion == nil && !connection.peer.isOverTLS ? nil : .https
        }
        if proto.elementsEqual("https".utf8) { return .https }
        return proto.elementsEqual("http".utf8) ? .http : nil
    }
}
