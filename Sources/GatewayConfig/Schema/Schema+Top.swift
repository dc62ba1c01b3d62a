extension Schema {
    static let top: [DirectiveRule] = [
        DirectiveRule(
            "include", in: .top, [ArgumentRule("PATH|GLOB", .path)],
            "Reads other files in this place; allowed in every block.", example: "include conf.d/*.conf"
        ).repeating,
        DirectiveRule(
            "listen", in: .top, [ArgumentRule("ADDRESS", .listenAddress)],
            "Where clients connect: host:port, :port, [::1]:port, unix:PATH, or fd:NAME for a systemd socket.",
            example: "listen 127.0.0.1:8080"
        ).repeating.required.block(.listen, needed: false),
        DirectiveRule(
            "admin", in: .top, [ArgumentRule("ADDRESS", .adminAddress)],
            "One more place for /healthz, /readyz, /startupz, /metrics and /status: host:port, or unix:PATH for reload as "
                + "well. <state>/admin.sock is always there.",
            example: "admin 127.0.0.1:9090"),
        DirectiveRule(
            "trust_proxy", in: .top, [ArgumentRule("CIDR", .range, ArgumentRule.many)], default: "none",
            "Peers whose X-Forwarded-*, X-Request-Id, trace context and PROXY headers count.",
            example: "trust_proxy 10.0.0.0/8"),
        DirectiveRule(
            "workers", in: .top, [.count(1...1_024, words: ["auto"])], default: "auto",
            "Worker processes; auto is one for each CPU the gateway may use.", example: "workers auto"),
        DirectiveRule(
            "endpoints", in: .top, [ArgumentRule("PATH", .urlPath(isPrefix: true))], default: "/_auth",
            "Prefix of the gateway's own pages; a realm may have its own.", example: "endpoints /_auth"),
        DirectiveRule(
            "state", in: .top, [ArgumentRule("DIR", .path)],
            default: "$STATE_DIRECTORY, else state beside the file",
            "The only directory the gateway writes to.", example: "state state"
        ).starter,
        DirectiveRule(
            "problem_base", in: .top, [ArgumentRule("URL", .uri)], default: "urn:gatehouse:problem:",
            "What the type of a JSON problem starts with.", example: "problem_base urn:gatehouse:problem:"),
        block("log", .log, "What is logged, and how.", "log { access errors }"),
        block("trace", .trace, "Trace context (W3C).", "trace { propagate on }"),
        DirectiveRule(
            "redis", in: .top, [ArgumentRule("URL|managed", .word)],
            "Where sessions live: redis://[user@]host:port/db, unix:///path?db=0, or managed for a private one.",
            example: "redis managed"
        ).required.block(.redis, needed: false),
        block("session", .session, "How sessions are signed.", "session { key_file state/session.key }")
            .required,
        block("headers", .headers, "Headers that applications get.", "headers { roles off }"),
        block("limits", .limits, "What one client, and all of them, may take.", "limits { body 50m }"),
        block("timeouts", .timeouts, "How long to wait for a client.", "timeouts { keepalive 65s }"),
        block("shutdown", .shutdown, "How a stop goes.", "shutdown { grace 25s }"),
        DirectiveRule(
            "users", in: .top, [.name], "A set of accounts.",
            example: "users people { store sqlite users.db }"
        ).repeating.starter.block(.users),
        DirectiveRule(
            "realm", in: .top, [.name], "A login: accounts, a cookie and session lifetimes.",
            example: "realm main { users people }"
        ).repeating.starter.block(.realm),
        DirectiveRule(
            "upstream", in: .top, [.name], "An application: one or more servers.",
            example: "upstream app { server 127.0.0.1:3000 }"
        ).repeating.starter.block(.upstream),
        DirectiveRule(
            "site", in: .top, [ArgumentRule("HOST", .host, ArgumentRule.many)],
            "The routes of some hosts: names, *.name, or * for every other host.",
            example: "site * { route /* app user }"
        ).repeating.required.block(.site),
    ]

    static let listen: [DirectiveRule] = [
        DirectiveRule(
            "tls", in: .listen, [ArgumentRule("CERTIFICATE", .path), ArgumentRule("KEY", .path)],
            default: "none: plain http",
            "Speaks TLS with this certificate (PEM, its chain behind it) and key. Given again: the name a client asks for picks, the first serves all others; an ECDSA one may stand beside an RSA one.",
            example: "tls cert.pem key.pem"
        ).repeating,
        DirectiveRule(
            "protocols", in: .listen,
            [ArgumentRule("http/1.1", .choice(["http/1.1"], later: ["h2"]), 1...2)], default: "http/1.1",
            "Protocols spoken, the preferred first.", example: "protocols http/1.1"
        ).written("protocols http/1.1"),
        DirectiveRule(
            "redirect", in: .listen,
            [
                ArgumentRule("https", .choice(["https"], later: [])),
                ArgumentRule("301|302|307|308", .choice(["301", "302", "307", "308"], later: []), 0...1),
            ], default: "off",
            "Sends everything to https, with 308 unless said, but /.well-known/acme-challenge/*, which the routes serve. "
                + "Nothing else may stand beside it.",
            example: "redirect https"),
        DirectiveRule(
            "proxy_protocol", in: .listen, [.choice("off", "on", "required")], default: "off",
            "PROXY headers (version 1 and 2) of peers in trust_proxy tell who the client is: on takes one where there is "
                + "one, required closes connections without.",
            example: "proxy_protocol off"),
        DirectiveRule(
            "min_tls", in: .listen, [.choice("1.2", "1.3")], default: "1.2", "Lowest version of TLS.",
            example: "min_tls 1.2"),
        DirectiveRule(
            "backlog", in: .listen, [.count(1...65_535)], default: "1024",
            "Connections the kernel queues; its somaxconn caps it.", example: "backlog 1024"),
    ]

    static let shutdown: [DirectiveRule] = [
        DirectiveRule(
            "delay", in: .shutdown, [.duration(Limit.pause, off: true)], default: "0s",
            "Between SIGTERM and the end of accepting: time for a load balancer to notice.",
            example: "delay 0s"),
        DirectiveRule(
            "grace", in: .shutdown, [.duration(Limit.pause, off: true)], default: "8s",
            "Time for running requests to end before they are cut.", example: "grace 8s"),
    ]

    private static func block(_ name: String, _ context: Context, _ help: String, _ example: String)
        -> DirectiveRule
    {
        DirectiveRule(name, in: .top, [], help, example: example).block(context)
    }
}
