import Access
import GatewayConfig
import HTTP1

/// Who asks, in an explanation.
struct ExplainedIdentity {
    var name = ""
    var id = ""
    var roles: [String] = []
}

/// What the gateway would do with a request, found out with the parts that serve real ones.
struct Explanation {
    /// What happens.
    enum Outcome: Equatable {
        case forwarded(withIdentity: Bool)
        /// The gateway's own page or endpoint.
        case gateway(realm: String)
        /// An answer of ours; the word is the problem's code.
        case answered(status: Int, code: String)
        case login(location: String)
    }

    let settings: Settings
    private(set) var hosts: [String] = []
    private(set) var candidates: [RouteSettings] = []
    private(set) var route: RouteSettings?
    /// Why nothing else counts: not parsed, no site, no route.
    private(set) var dead: Outcome?
    private(set) var detail = ""
    private(set) var request: ExplainedRequest?
    private var rule: AccessRule?

    /// Finds site and route for the request that `bytes` are.
    init(_ bytes: [UInt8], _ settings: Settings) {
        self.settings = settings
        let isLax = settings.sites.contains { $0.routes.contains { $0.encodedPaths } }
        do throws(ExplainedRequest.Fault) {
            try match(try ExplainedRequest(bytes, limits: Self.limits(settings), encoded: isLax), bytes)
        } catch {
            switch error {
            case .refused(let status, let reason):
                dead = .answered(status: status, code: Self.code(status))
                detail = "the request is refused for its \(reason)"
            case .path(let reason):
                dead = .answered(status: 400, code: "bad_request")
                detail = "the path is ambiguous (\(reason))"
            }
        }
    }

    /// What the gateway answers itself, whatever the routes say.
    private mutating func answer(_ own: GatewayPath) {
        switch own {
        case .endpoint(let realm, _): dead = .gateway(realm: settings.realms[realm].name)
        case .changePassword(let realm):
            dead = .answered(status: 302, code: "redirect")
            detail = "it leads to \(settings.realms[realm].endpoints)/account"
        case .absent: dead = .answered(status: 404, code: "not_found")
        }
    }

    private static func code(_ status: Int) -> String {
        status == 405 ? "method_not_allowed" : "bad_request"
    }

    private static func limits(_ settings: Settings) -> HeadLimits {
        HeadLimits(
            headerSize: settings.limits.headerSize, headerCount: settings.limits.headerCount,
            uri: settings.limits.uri)
    }

    private mutating func match(
        _ request: ExplainedRequest, _ bytes: [UInt8]
    ) throws(ExplainedRequest.Fault) {
        self.request = request
        let router = Router(settings)
        guard let site = router.site(forHost: request.host.span) else {
            dead = .answered(status: 400, code: "unknown_host")
            detail = "no site is for this host"
            return
        }
        hosts = settings.sites[site].hosts
        let routes = settings.sites[site].routes
        if let own = router.gatewayPath(site: site, path: request.path.span) {
            answer(own)
            return
        }
        candidates = router.candidates(site: site, path: request.path.span).map { routes[$0] }
        let method = request.bytes.span.extracting(request.head.methodRange)
        switch router.match(site: site, method: method, path: request.path.span) {
        case .route(let index): route = routes[index]
        case .methodNotAllowed(let allow):
            // A preflight asks about another request, and goes where that one would.
            if request.facts().isPreflight, let wanted = request.value("access-control-request-method"),
                case .route(let index) = router.match(
                    site: site, method: wanted.span, path: request.path.span)
            {
                route = routes[index]
                break
            }
            dead = .answered(status: 405, code: "method_not_allowed")
            detail = "the route takes \(String(decoding: allow, as: UTF8.self))"
        case .notFound:
            dead = .answered(status: 404, code: "not_found")
            detail = "no route of the site matches"
        }
        guard let route else { return }
        rule = AccessRule(route)
        // Another route of the site takes such paths, and this one does not.
        if !route.encodedPaths {
            _ = try ExplainedRequest(bytes, limits: Self.limits(settings), encoded: false)
        }
    }

    /// What happens if `identity` asks, nil = nobody who is logged in; `extra` are fields that the client sends by
    /// itself.
    func outcome(
        _ identity: ExplainedIdentity?, _ extra: [(RequestFacts.Field, String)] = []
    ) -> Outcome {
        if let dead { return dead }
        guard let route, let rule, let request else { return .answered(status: 404, code: "not_found") }
        let facts = request.facts(extra)
        if facts.isWebSocket, !route.websocket { return .answered(status: 400, code: "bad_request") }
        if let decision = rule.withoutSession(isPreflight: facts.isPreflight) {
            return afterOrigin(outcome(decision, route), facts)
        }
        if identity != nil, route.csrf, request.isFromElsewhere(rule.origins) {
            return .answered(status: 403, code: "csrf_failed")
        }
        let state: SessionState
        if let identity, let realm = route.realm {
            state = .live(realm: realm, roles: identity.roles.map { Array($0.utf8) })
        } else {
            state = .absent
        }
        return afterOrigin(outcome(rule.decide(state, facts), route), facts)
    }

    /// A WebSocket that may be opened, but not by pages of that origin.
    private func afterOrigin(_ outcome: Outcome, _ facts: RequestFacts) -> Outcome {
        guard facts.isWebSocket, outcome.isAllowed, let rule, let request else { return outcome }
        let (origin, host) = (request.value("origin"), Array(request.bytes[request.head.host]))
        let isAllowed = rule.origins.permitsWebSocket(origin: origin?.span, host: host.span, scheme: nil)
        return isAllowed ? outcome : .answered(status: 403, code: "origin_not_allowed")
    }

    private func outcome(_ decision: Decision, _ route: RouteSettings) -> Outcome {
        switch decision {
        case .allow(let withIdentity):
            switch route.target {
            case .upstream: return .forwarded(withIdentity: withIdentity)
            case .respond(let status, _): return .answered(status: status, code: "respond")
            case .redirect(_, let status): return .answered(status: status, code: "redirect")
            case .none: return .answered(status: 403, code: "forbidden_role")
            }
        case .login:
            let prefix = route.realm.map { settings.realms[$0].endpoints } ?? settings.endpoints
            return .login(location: "\(prefix)/login")
        case .unauthorized: return .answered(status: 401, code: "login_required")
        case .forbidden, .denied: return .answered(status: 403, code: "forbidden_role")
        case .unavailable: return .answered(status: 503, code: "store_unavailable")
        }
    }

    /// The fixed headers that the application gets on this route.
    var fixedHeaders: [(name: String, value: String)] {
        route?.setHeaders.map { ($0.name, $0.value) } ?? []
    }

    /// The identity headers that the application gets.
    func identityHeaders(_ identity: ExplainedIdentity) -> [(name: String, value: String)] {
        let names = settings.headers
        let realm = route?.realm.map { settings.realms[$0].name } ?? ""
        var fields: [(name: String, value: String)] = []
        func add(_ name: String?, _ value: String) { if let name { fields.append((name, value)) } }
        add(names.userID, identity.id.isEmpty ? "<user id>" : identity.id)
        add(names.userName, identity.name.isEmpty ? "<login name>" : identity.name)
        if !identity.roles.isEmpty { add(names.roles, identity.roles.joined(separator: ",")) }
        add(names.session, "<session>")
        add(names.realm, realm)
        return fields
    }
}

extension Explanation.Outcome {
    /// Whether the one who asks gets what was asked for.
    var isAllowed: Bool {
        switch self {
        case .forwarded, .gateway: true
        case .answered(_, let code): code == "respond" || code == "redirect"
        case .login: false
        }
    }

    /// The status; nil: the application's, or that of a page of ours.
    var status: Int? {
        switch self {
        case .forwarded, .gateway: nil
        case .answered(let status, _): status
        case .login: 303
        }
    }

    var text: String {
        switch self {
        case .forwarded(let withIdentity):
            withIdentity ? "forwarded, with the identity" : "forwarded, without an identity"
        case .gateway(let realm): "the gateway's own pages of realm \(realm)"
        case .answered(let status, let code): "\(status) \(code)"
        case .login(let location): "303 to \(location)"
        }
    }
}
