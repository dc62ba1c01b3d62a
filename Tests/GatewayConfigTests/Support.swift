import GatewayConfig

/// Loads `text` as `gateway.conf`.
func load(
    _ text: String, files: [String: String] = [:], env: [String: String] = [:], state: String? = nil
) -> LoadResult {
    var all = files
    all["gateway.conf"] = text
    return loadSettings(
        path: "gateway.conf", source: TextSource(files: all, variables: env), stateOverride: state)
}

/// `code` or `line:column code` of each diagnostic.
func codes(_ result: LoadResult) -> [String] { result.diagnostics.map(\.code) }

func places(_ result: LoadResult) -> [String] {
    result.diagnostics.map { "\($0.line):\($0.column) \($0.code)" }
}

func render(_ result: LoadResult) -> String {
    DiagnosticFormat.text.render(result.diagnostics, path: "gateway.conf")
}

/// A configuration that is complete, with room for more.
enum Sample {
    static let session = "session { key 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef }"

    static let head = """
        listen 127.0.0.1:8080
        redis managed
        \(session)
        """

    static let users = "users people { store sqlite state/users.db }\nrealm main { users people }\n"
    static let upstream = "upstream app { server 127.0.0.1:3000 }\n"

    /// Everything but sites.
    static let base = head + "\n" + users + upstream

    /// With one site of these routes.
    static func routes(_ routes: String) -> String { base + "site * {\n" + routes + "\n}\n" }

    /// Complete, with more at the top level.
    static func with(_ more: String) -> String { base + "site * { route /* app user }\n" + more + "\n" }

    /// Lines in front of what `with` adds.
    static let lines = 7
}
