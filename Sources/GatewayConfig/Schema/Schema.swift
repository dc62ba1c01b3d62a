/// The one table of directives.
enum Schema {
    /// Every row, in the order of the reference.
    static let rules: [DirectiveRule] =
        top + listen + log + trace + redis + session + headers + limits + timeouts + shutdown + users + store
        + realm
        + loginPage + upstream + site + route

    private static let byContext: [Context: [String: DirectiveRule]] = Dictionary(
        grouping: rules, by: \.context
    )
    .mapValues { rows in Dictionary(rows.map { ($0.name, $0) }) { first, _ in first } }

    private static let secretNames: Set<String> = Set(rules.filter(\.hasSecret).map(\.name))

    static func rule(_ name: String, in context: Context) -> DirectiveRule? { byContext[context]?[name] }

    /// Rows of a block, in order.
    static func rules(in context: Context) -> [DirectiveRule] { rules.filter { $0.context == context } }

    /// Blocks that know a directive of this name.
    static func contexts(of name: String) -> [Context] {
        Context.allCases.filter { rule(name, in: $0) != nil }
    }

    /// Whether a directive of this name, or what is probably meant by it, holds a secret.
    static func isSecret(_ name: String) -> Bool {
        if secretNames.contains(name) { return true }
        return Suggestion.nearest(to: name, in: secretNames.sorted()) != nil
    }

    /// Words of other programs, and what they are here.
    static let foreign: [String: String] = [
        "location": "route", "handle": "route", "handle_path": "route", "path": "route", "rule": "route",
        "proxy_pass": "route PATH UPSTREAM ACCESS", "reverse_proxy": "route PATH UPSTREAM ACCESS",
        "server_name": "site HOST { ... }", "virtualhost": "site HOST { ... }", "vhost": "site HOST { ... }",
        "domain": "site HOST { ... }", "hosts": "site HOST { ... }", "http": "site HOST { ... }",
        "ttl": "idle", "session_ttl": "idle", "expire": "idle", "expires": "absolute", "max_age": "absolute",
        "lifetime": "absolute", "session_timeout": "idle", "port": "listen", "bind": "listen",
        "address": "listen",
        "frontend": "listen", "entrypoints": "listen", "backend": "upstream", "backends": "upstream",
        "proxy": "upstream", "cluster": "upstream", "origin": "upstream", "secret": "key",
        "cookie_secret": "key", "secret_key": "key", "session_secret": "key", "cookie_name": "cookie",
        "ssl_certificate": "tls CERT KEY", "ssl_certificate_key": "tls CERT KEY",
        "certificate": "tls CERT KEY",
        "cert": "tls CERT KEY", "ssl": "tls CERT KEY", "worker_processes": "workers", "threads": "workers",
        "access_log": "log { access on }", "error_log": "log { level info }", "logging": "log",
        "client_max_body_size": "body", "max_body_size": "body", "proxy_set_header": "set_header",
        "header": "set_header", "return": "respond, or redirect", "redir": "redirect",
        "allow": "route ... ACCESS",
        "require": "route ... role NAME", "auth": "route ... user", "basic_auth": "users",
        "auth_basic": "users",
        "database": "store", "db": "store", "pid": "state", "data": "state", "data_dir": "state",
        "set_real_ip_from": "trust_proxy", "trusted_proxies": "trust_proxy",
        "forwarded_allow_ips": "trust_proxy",
        "keepalive_timeout": "timeouts { keepalive 75s }", "proxy_read_timeout": "response_timeout",
        "proxy_connect_timeout": "connect_timeout", "lb_policy": "balance", "error_page": "error_pages",
    ]
}
