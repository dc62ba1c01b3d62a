extension Schema {
    static let upstream: [DirectiveRule] = [
        DirectiveRule(
            "server", in: .upstream,
            [ArgumentRule("ADDRESS", .serverAddress), ArgumentRule("weight N | backup | tls", .word, 0...5)],
            "A server; backup ones are used when no other answers. A name is looked up again every 30 s, and each of its "
                + "addresses is a server.", example: "server 127.0.0.1:3000"
        ).written("server ADDRESS [weight N] [backup] [tls]").repeating.required,
        DirectiveRule(
            "balance", in: .upstream, [.choice("least_conn", "round_robin", "hash_user", "hash_ip")],
            default: "least_conn",
            "Which server a request goes to: the least busy one for its weight, each in its turn, or always the same "
                + "one for a user or for a client's address. hash_user takes the address of who is not signed in.",
            example: "balance least_conn"),
        DirectiveRule(
            "health", in: .upstream,
            [
                ArgumentRule("METHOD", .method), ArgumentRule("PATH", .word),
                ArgumentRule("OPTION", .word, 0...12),
            ],
            default: "off",
            "Asks each server whether it is well (each worker does, without cookies), by default every 10s with timeout "
                + "2s; rise 2 good answers (expect 200-399) bring it back, fall 3 failures take it out. The first answer "
                + "counts at once.",
            example: "health GET /healthz every 5s timeout 1s rise 2 fall 3"
        ).written(
            "health METHOD PATH [every DURATION] [timeout DURATION] [rise N] [fall N] [expect N-M] [host HOST]"
        ),
        DirectiveRule(
            "passive", in: .upstream, [ArgumentRule("N in DURATION | off", .word, 1...3)],
            default: "3 in 10s",
            "So many failures in that time (no connection, no answer, a broken one; no status is a failure) take a server "
                + "out for as long; one request tries it first then. The last server stays in.",
            example: "passive 3 in 10s"
        ).written("passive N in DURATION | off"),
        DirectiveRule(
            "keepalive", in: .upstream, [.count(0...65_535)], default: "64",
            "Idle connections kept by a worker.", example: "keepalive 64"),
        DirectiveRule(
            "connect_timeout", in: .upstream, [.duration(Limit.wait)], default: "1s",
            "Longest wait for a connection.", example: "connect_timeout 1s"),
        DirectiveRule(
            "response_timeout", in: .upstream, [.duration(Limit.wait)], default: "30s",
            "Longest wait for the first byte of a response.", example: "response_timeout 30s"),
        DirectiveRule(
            "idle_timeout", in: .upstream, [.duration(Limit.wait)], default: "60s",
            "How long an unused connection is kept.", example: "idle_timeout 60s"),
        DirectiveRule(
            "retry", in: .upstream, [.count(0...10, words: ["off"])], default: "1",
            "More tries, on other servers first: of any request that was not sent at all, and of one that is safe to repeat "
                + "(GET, HEAD, OPTIONS, PUT, DELETE without a body) and got no byte back. At most a fifth of a worker's "
                + "requests, and 10 a second.",
            example: "retry 1"),
        DirectiveRule(
            "tls", in: .upstream, [.choice("on", "off")], default: "off",
            "TLS to all servers; their certificates are always verified.", example: "tls on"),
        DirectiveRule(
            "tls_ca", in: .upstream, [.path], default: "the system's",
            "Authorities (PEM) whose certificates count.", example: "tls_ca ca.pem"),
        DirectiveRule(
            "tls_name", in: .upstream, [ArgumentRule("NAME", .word)], default: "each server's own",
            "Name that their certificates must be for, and that is asked for.",
            example: "tls_name app.internal"),
        DirectiveRule(
            "tls_cert", in: .upstream, [ArgumentRule("CERTIFICATE", .path), ArgumentRule("KEY", .path)],
            default: "none", "Shown to servers that ask for a certificate.",
            example: "tls_cert gateway.pem gateway.key"),
        DirectiveRule(
            "host", in: .upstream, [ArgumentRule("preserve | upstream | NAME", .word, 1...2)],
            default: "preserve", "Host header they get: the client's, the server's address, or a fixed one.",
            example: "host preserve"
        ).written("host preserve | upstream | NAME"),
        DirectiveRule(
            "max_connections", in: .upstream, [.count(1...65_535)], default: "256",
            "Connections of a worker to one server; requests beyond wait 1 s (1,024 at most), then get 503.",
            example: "max_connections 256"),
    ]

    static let site: [DirectiveRule] = [
        DirectiveRule(
            "realm", in: .site, [.name], default: "the only realm", "Where visitors log in.",
            example: "realm main"),
        DirectiveRule(
            "hsts", in: .site, [.duration(Limit.memory, off: true)], default: "off",
            "Tells browsers that came over https to use nothing else for so long (RFC 6797), 0s to forget that; an "
                + "application's own Strict-Transport-Security stays.",
            example: "hsts 365d"),
        .later("error_pages", in: .site, "Pages for errors.", example: "error_pages errors"),
        DirectiveRule(
            "route", in: .site,
            [
                ArgumentRule("PATTERN", .pattern), ArgumentRule("UPSTREAM|-", .word),
                ArgumentRule("public|optional|user|role NAME...|deny", .word, 0...64),
            ],
            "Who may use which paths, and who answers them: /exact, /dir/*, /users/{id}/x, or /* for all.",
            example: "route /* app user"
        ).written("route PATTERN UPSTREAM|- public|optional|user|role NAME...|deny [{ ... }]").repeating
            .required.block(.route, needed: false),
    ]

    static let route: [DirectiveRule] = [
        DirectiveRule(
            "methods", in: .route, [ArgumentRule("METHOD", .method, ArgumentRule.many)],
            default: "all but CONNECT and TRACE",
            "Methods the route is for; others get 405. GET takes HEAD along.",
            example: "methods GET POST"),
        DirectiveRule(
            "limit", in: .route,
            [ArgumentRule("RATE", .word), ArgumentRule("burst N per user|ip|session", .word, 0...4)],
            default: "none",
            "Requests in a time, counted in this gateway; beyond: 429. burst: how many may come at once. Who is not "
                + "signed in counts by address.",
            example: "limit 20/s burst 40 per user"
        ).written("limit RATE [burst N] per user|ip|session").repeating,
        DirectiveRule(
            "body", in: .route, [.size(Limit.body, off: true)], default: "limits' body",
            "Largest request body; above: 413.", example: "body 2g"),
        DirectiveRule(
            "timeout", in: .route, [.duration(Limit.wait, off: true)], default: "off",
            "Longest time for a whole request.", example: "timeout off"),
        DirectiveRule(
            "idle_timeout", in: .route, [.duration(Limit.wait)], default: "60s",
            "Longest time without a byte of the response.", example: "idle_timeout 60s"),
        DirectiveRule(
            "buffering", in: .route, [.choice("off", later: ["on"])], default: "off",
            "Whether bodies are held back; off streams them.", example: "buffering off"),
        DirectiveRule(
            "websocket", in: .route, [.choice("off", "on")], default: "off",
            "Whether connections may become WebSockets.", example: "websocket off"),
        DirectiveRule(
            "origins", in: .route, [ArgumentRule("ORIGIN", .origin, ArgumentRule.many)],
            default: "the site's own",
            "More origins whose pages may open WebSockets, and send unsafe requests with a session's cookie.",
            example: "origins https://app.example.org"),
        .later(
            "websockets_per_user", in: .route, "WebSockets of one user.", example: "websockets_per_user 20"),
        DirectiveRule(
            "strip_prefix", in: .route, [ArgumentRule("PATH", .urlPath(isPrefix: true))], default: "none",
            "Taken off the path before it is forwarded.", example: "strip_prefix /api"),
        DirectiveRule(
            "rewrite", in: .route, [ArgumentRule("PATH", .urlPath(isPrefix: false))], default: "none",
            "Path that is forwarded instead; on a route /dir/* it takes the place of /dir.",
            example: "rewrite /index.html"),
        DirectiveRule(
            "paths", in: .route, [.choice("strict", "encoded")], default: "strict",
            "encoded lets %2F and ; through as they are.", example: "paths strict"),
        DirectiveRule(
            "on_unauth", in: .route, [.choice("auto", "401", "login")], default: "auto",
            "What visitors without a session get: auto sends pages to the login and others a 401.",
            example: "on_unauth auto"),
        DirectiveRule(
            "realm", in: .route, [.name], default: "the site's", "Where users of this route log in.",
            example: "realm main"),
        DirectiveRule(
            "csrf", in: .route, [.choice("same_origin", "off")], default: "the realm's",
            "Whether unsafe requests with a session's cookie must come from the application's own pages.",
            example: "csrf same_origin"),
        .later("outage", in: .route, "While Redis is away.", example: "outage reject"),
        DirectiveRule(
            "fresh", in: .route, [.duration(Limit.life, off: true)], default: "off",
            "Wants a login younger than this; others log in again first.", example: "fresh 5m"),
        DirectiveRule(
            "set_header", in: .route,
            [ArgumentRule("HEADER", .header(off: false)), ArgumentRule("VALUE", .headerText)],
            "A fixed header for the application.", example: "set_header X-From gatehouse"
        ).repeating,
        DirectiveRule(
            "respond", in: .route,
            [.count(200...599), ArgumentRule("TEXT", .word, 0...1)],
            "Answers itself; write - for the upstream.", example: "respond 200 \"ok\""),
        DirectiveRule(
            "redirect", in: .route,
            [
                ArgumentRule("URL", .uri),
                ArgumentRule("301|302|303|307|308", .choice(Self.redirects, later: []), 0...1),
            ],
            "Sends the client elsewhere, with 302 unless said; write - for the upstream.",
            example: "redirect https://www.example.org/ 308"),
    ]

    private static let redirects = ["301", "302", "303", "307", "308"]
}
