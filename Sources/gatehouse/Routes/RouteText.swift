import GatewayConfig

/// Parts of a route in the words of the configuration.
enum RouteText {
    static func access(_ route: RouteSettings) -> String {
        switch route.access {
        case .public: "public"
        case .optional: "optional"
        case .user: "user"
        case .role(let names): "role " + names.joined(separator: " ")
        case .deny: "deny"
        }
    }

    static func methods(_ route: RouteSettings) -> String {
        route.methods.map { $0.joined(separator: ",") } ?? "any"
    }

    static func target(_ route: RouteSettings, _ settings: Settings) -> String {
        switch route.target {
        case .upstream(let index): settings.upstreams[index].name
        case .respond(let status, _): "respond \(status)"
        case .redirect(let location, let status): "redirect \(location) \(status)"
        case .none: "-"
        }
    }

    static func realm(_ route: RouteSettings, _ settings: Settings) -> String {
        guard let index = route.realm, route.access != .public, route.access != .deny else { return "" }
        return settings.realms[index].name
    }

    /// What is special about it.
    static func notes(_ route: RouteSettings, _ settings: Settings) -> String {
        var notes: [String] = []
        if route.websocket { notes.append("websocket") }
        if let prefix = route.stripPrefix { notes.append("strip_prefix \(prefix)") }
        if let path = route.rewrite { notes.append("rewrite \(path)") }
        if !route.csrf { notes.append("csrf off") }
        for limit in route.limits {
            let burst = limit.burst == limit.rate.count ? "" : " burst \(limit.burst)"
            notes.append("limit \(SettingText.rate(limit.rate))\(burst) per \(limit.subject.rawValue)")
        }
        if route.body != settings.limits.body { notes.append("body \(SettingText.size(bytes: route.body))") }
        if let timeout = route.timeout {
            notes.append("timeout \(SettingText.duration(milliseconds: timeout))")
        }
        if route.encodedPaths { notes.append("paths encoded") }
        if route.onUnauthenticated != .auto { notes.append("on_unauth \(route.onUnauthenticated.rawValue)") }
        if let fresh = route.fresh { notes.append("fresh \(SettingText.duration(milliseconds: fresh))") }
        return notes.joined(separator: ", ")
    }
}
