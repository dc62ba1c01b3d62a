import Access
import ArgumentParser
import GatewayConfig
import Pages
import Supervisor

/// `gatehouse routes`.
struct RoutesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "routes", abstract: "Show all routes, the more specific ones first, as they are matched."
    )
    @OptionGroup var file: ConfigurationOption
    @Flag(help: "JSON instead of a table.") var json = false

    func run() {
        finish { () throws(ExitFailure) in
            let settings = try file.settings()
            let router = Router(settings)
            StandardOutput.write(json ? Self.json(settings, router) : Self.table(settings, router))
            return ExitStatus.success
        }
    }

    private static func sorted(_ site: SiteSettings) -> [RouteSettings] {
        site.routes.sorted { left, right in
            if left.pattern.stands(before: right.pattern) { return true }
            if right.pattern.stands(before: left.pattern) { return false }
            return left.methods != nil && right.methods == nil
        }
    }

    private static func table(_ settings: Settings, _ router: Router) -> String {
        var table = TextTable("HOST", "PATH", "METHODS", "ACCESS", "REALM", "GOES TO", "LINE", "NOTES")
        for (index, site) in settings.sites.enumerated() {
            let hosts = site.hosts.joined(separator: " ")
            for (prefix, realm) in router.endpoints(site: index) {
                let path = String(decoding: prefix, as: UTF8.self) + "/*"
                table.add(hosts, path, "", "public", settings.realms[realm].name, "(gateway)", "", "")
            }
            for route in sorted(site) {
                table.add(
                    hosts, route.pattern.text, RouteText.methods(route), RouteText.access(route),
                    RouteText.realm(route, settings), RouteText.target(route, settings), "\(route.line)",
                    RouteText.notes(route, settings))
            }
        }
        return table.text
    }

    private static func json(_ settings: Settings, _ router: Router) -> String {
        var writer = JSONWriter()
        writer.object { object in
            object.key("sites")
            object.array { array in
                for (index, site) in settings.sites.enumerated() {
                    array.object { write(site, index, settings, router, &$0) }
                }
            }
        }
        return String(decoding: writer.bytes, as: UTF8.self) + "\n"
    }

    private static func write(
        _ site: SiteSettings, _ index: Int, _ settings: Settings, _ router: Router,
        _ object: inout JSONWriter
    ) {
        object.key("hosts")
        object.array { array in
            for host in site.hosts { array.string(host) }
        }
        object.key("endpoints")
        object.array { array in
            for (prefix, realm) in router.endpoints(site: index) {
                array.object { entry in
                    entry.key("prefix")
                    entry.string(String(decoding: prefix, as: UTF8.self))
                    entry.key("realm")
                    entry.string(settings.realms[realm].name)
                }
            }
        }
        object.key("routes")
        object.array { array in
            for route in sorted(site) {
                array.object { RouteJSON.members(route, settings, &$0) }
            }
        }
    }
}

/// A route as JSON.
enum RouteJSON {
    static func members(_ route: RouteSettings, _ settings: Settings, _ object: inout JSONWriter) {
        object.key("pattern")
        object.string(route.pattern.text)
        object.key("methods")
        if let methods = route.methods {
            object.array { array in
                for method in methods { array.string(method) }
            }
        } else {
            object.null()
        }
        object.key("access")
        object.string(RouteText.access(route).split(separator: " ").first.map(String.init) ?? "")
        object.key("roles")
        object.array { array in
            if case .role(let names) = route.access { for name in names { array.string(name) } }
        }
        object.key("realm")
        let realm = RouteText.realm(route, settings)
        if realm.isEmpty { object.null() } else { object.string(realm) }
        object.key("target")
        object.string(RouteText.target(route, settings))
        object.key("websocket")
        object.boolean(route.websocket)
        object.key("line")
        object.integer(route.line)
    }
}
