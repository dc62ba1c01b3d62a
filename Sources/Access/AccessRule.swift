public import GatewayConfig

/// Who may use a route, and what the others get. One for each route, built from valid settings.
public struct AccessRule: Sendable {
    /// The access word of a route, with roles as bytes.
    public enum Requirement: Sendable, Equatable {
        /// Anybody, without asking who it is.
        case everybody
        /// Anybody, with the identity of those who are logged in.
        case optional
        /// Whoever is logged in.
        case user
        /// Whoever is logged in and has at least one of these roles.
        case roles([[UInt8]])
        /// Nobody.
        case nobody
    }

    /// The access word.
    public let requirement: Requirement
    /// Index into `Settings.realms` of the realm whose sessions count; nil where none is needed.
    public let realm: Int?
    /// Origins that may open WebSockets on the route besides its own.
    public let origins: OriginPolicy
    private let onUnauthenticated: RouteSettings.OnUnauthenticated

    /// The rule that a route's settings state.
    public init(_ route: RouteSettings) {
        requirement =
            switch route.access {
            case .public: .everybody
            case .optional: .optional
            case .user: .user
            case .role(let names): .roles(names.map { Array($0.utf8) })
            case .deny: .nobody
            }
        realm = route.realm
        origins = OriginPolicy(route.origins)
        onUnauthenticated = route.onUnauthenticated
    }

    /// The decision where it does not depend on a session; nil: ask the store, then `decide`. A CORS preflight
    /// carries no credentials by definition (Fetch standard), so it is passed on without identity, except where
    /// nobody may pass.
    public func withoutSession(isPreflight: Bool) -> Decision? {
        switch requirement {
        case .nobody: .denied
        case .everybody: .allow(identity: false)
        case .optional, .user, .roles: isPreflight ? .allow(identity: false) : nil
        }
    }

    /// The decision on a request whose session has been looked up. `facts` are only read where the request is
    /// not let through.
    public func decide(_ session: SessionState, _ facts: @autoclosure () -> RequestFacts) -> Decision {
        switch requirement {
        case .nobody: return .denied
        case .everybody: return .allow(identity: false)
        case .optional, .user, .roles: break
        }
        switch session {
        case .unavailable:
            return .unavailable
        case .live(let sessionRealm, let roles) where sessionRealm == realm:
            return holds(roles) ? .allow(identity: true) : .forbidden
        case .live, .absent:
            if requirement == .optional { return .allow(identity: false) }
            let facts = facts()
            return facts.isPreflight ? .allow(identity: false) : unauthenticated(facts)
        }
    }

    /// What somebody who is not logged in gets: a redirect only where a person is looking (RFC 9110 leaves the
    /// choice to the server), and never a WebSocket, which follows no redirect.
    public func unauthenticated(_ facts: RequestFacts) -> Decision {
        if facts.isWebSocket { return .unauthorized }
        switch onUnauthenticated {
        case .unauthorized: return .unauthorized
        case .login: return .login
        case .auto: return facts.isNavigation ? .login : .unauthorized
        }
    }

    private func holds(_ roles: [[UInt8]]) -> Bool {
        guard case .roles(let wanted) = requirement else { return true }
        return wanted.contains { roles.contains($0) }
    }
}
