import ArgumentParser
import GatewayConfig
import Supervisor

/// What a shell may offer: names out of the configuration that the command line is about.
enum ConfiguredNames {
    static let realms = CompletionKind.custom { words, _, _ in names(words) { $0.realms.map(\.name) } }
    static let stores = CompletionKind.custom { words, _, _ in names(words) { $0.users.map(\.name) } }
    static let roles = CompletionKind.custom { words, _, _ in names(words, roles) }
    static let routes = CompletionKind.custom { words, _, _ in names(words, routes) }

    /// Nothing if the file cannot be read: this is no time for errors.
    private static func names(_ words: [String], _ pick: (Settings) -> [String]) -> [String] {
        do throws(ExitFailure) {
            let path = try ConfigurationOption.path(named: file(words))
            guard let settings = ConfigurationFile(path: path).read().settings else { return [] }
            return Array(Set(pick(settings))).sorted()
        } catch { return [] }
    }

    /// The value of `--config`.
    private static func file(_ words: [String]) -> String? {
        for (index, word) in words.enumerated() {
            if word.hasPrefix("--config=") { return String(word.dropFirst(9)) }
            if ["-c", "--config"].contains(word), index + 1 < words.count { return words[index + 1] }
        }
        return nil
    }

    private static func roles(_ settings: Settings) -> [String] {
        var roles = settings.users.flatMap(\.defaultRoles)
        for route in settings.sites.flatMap(\.routes) {
            if case .role(let names) = route.access { roles += names }
        }
        return roles
    }

    /// Paths of the first site as they are, and of the others with their host.
    private static func routes(_ settings: Settings) -> [String] {
        settings.sites.enumerated().flatMap { index, site in
            site.routes.map { route in
                let path =
                    route.pattern.text.hasSuffix("/*")
                    ? String(route.pattern.text.dropLast()) : route.pattern.text
                let host = site.hosts.first ?? "*"
                return index == 0 || host.hasPrefix("*") ? path : "https://\(host)\(path)"
            }
        }
    }
}
