import Access
import GatewayConfig
import HTTP1
import HTTPCore
import Operations
import Pages

extension Exchange {
    /// Host, canonical path and method pick one route, or an endpoint of ours. False: answered.
    func findRoute() -> Bool {
        if head.isAsteriskForm { return answerServerOptions() }
        let raw = headBytes.bindMemory(to: UInt8.self)
        let bytes = raw.span
        guard let site = worker.site(forHost: head.host, bytes) else {
            badRequest = .host
            return refused(400, .unknownHost, "This server does not serve that host.")
        }
        fixedSite = site
        return site.use { site in
            site.inFlight.add()
            return findRoute(of: site, bytes)
        }
    }

    private func findRoute(of site: CompiledSite, _ bytes: Span<UInt8>) -> Bool {
        guard canonicalise(bytes, encoded: site.allowsEncodedPaths) else { return false }
        if fixedConnection.use({ $0.redirectStatus != 0 }) && !staysOnHTTP() { return false }
        return withPath { path in
            let span = path.bindMemory(to: UInt8.self)
            return pickRoute(site, span.span, bytes)
        }
    }

    private func canonicalise(_ bytes: Span<UInt8>, encoded: Bool) -> Bool {
        switch CanonicalPath.make(bytes, head.path, encoded: encoded, into: &canonicalPath) {
        case .verbatim: hasCanonicalPath = false
        case .rewritten: hasCanonicalPath = true
        case .refused:
            end = .badRequest
            badRequest = .path
            return refused(400, .badRequest, "The request's path is ambiguous, so it is not served.")
        }
        return true
    }

    private func pickRoute(_ site: CompiledSite, _ path: Span<UInt8>, _ bytes: Span<UInt8>) -> Bool {
        switch worker.router.gatewayPath(site: site.index, path: path) {
        case .endpoint(let index, let rest)?:
            fixedRealm = Fixed(worker.realms[index])
            return pickEndpoint(worker.realms[index], path.extracting(rest))
        case .changePassword(let index)?:
            fixedRealm = Fixed(worker.realms[index])
            return redirectFromWellKnown()
        case .absent?: return refused(404, .notFound, "There is nothing at this address.")
        case nil: break
        }
        switch worker.router.match(
            site: site.index, method: bytes.extracting(head.methodRange), path: path)
        {
        case .route(let index):
            return take(site.fixedRoutes[index], site, bytes)
        case .methodNotAllowed(let allow):
            if let route = preflightRoute(site, path, bytes) { return take(route, site, bytes) }
            return refusedMethod(allow)
        case .notFound:
            return refused(404, .notFound, "There is nothing at this address.")
        }
    }

    private func take(_ route: Fixed<CompiledRoute>, _ site: CompiledSite, _ bytes: Span<UInt8>) -> Bool {
        fixedRoute = route
        return route.use { route in
            fixedRealm = route.realm
            return !site.allowsEncodedPaths || route.settings.encodedPaths || recheck(bytes)
        }
    }

    /// A CORS preflight asks about another request, so where no route takes OPTIONS it goes where that one would:
    /// only the application knows the answer.
    private func preflightRoute(
        _ site: CompiledSite, _ path: Span<UInt8>, _ bytes: Span<UInt8>
    ) -> Fixed<CompiledRoute>? {
        guard head.method == .options, requestFacts().isPreflight else { return nil }
        for line in head.fields where line.id == .accessControlRequestMethod {
            let match = worker.router.match(
                site: site.index, method: bytes.extracting(line.value), path: path)
            if case .route(let index) = match { return site.fixedRoutes[index] }
            return nil
        }
        return nil
    }

    /// The site has routes that take `%2F` and `;`, but this one does not.
    private func recheck(_ bytes: Span<UInt8>) -> Bool {
        var unused: [UInt8] = []
        if case .refused = CanonicalPath.make(bytes, head.path, encoded: false, into: &unused) {
            end = .badRequest
            badRequest = .path
            return refused(400, .badRequest, "The request's path is ambiguous, so it is not served.")
        }
        return true
    }

    private func refusedMethod(_ allow: [UInt8]) -> Bool {
        var reply = errorReply(405, .methodNotAllowed, "This address does not take that method.")
        reply.add("Allow", allow)
        respond(reply)
        return false
    }

    /// `OPTIONS *` asks about this server itself (RFC 9110, 9.3.7).
    private func answerServerOptions() -> Bool {
        var reply = Reply(status: 204)
        reply.add("Allow", Array("GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH".utf8))
        respond(reply)
        return false
    }

    func refused(_ status: Int, _ code: ProblemCode, _ detail: String) -> Bool {
        refuse(status, code, detail)
        return false
    }
}
