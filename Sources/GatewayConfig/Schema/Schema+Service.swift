extension Schema {
    static let log: [DirectiveRule] = [
        DirectiveRule(
            "format", in: .log, [.choice("auto", "json", "text")], default: "auto",
            "Form of the log; auto is text on a terminal and json elsewhere.", example: "format auto"),
        DirectiveRule(
            "level", in: .log, [.choice("trace", "debug", "info", "notice", "warning", "error")],
            default: "info",
            "Least level logged; the environment's GATEHOUSE_LOG_LEVEL wins.", example: "level info"),
        DirectiveRule(
            "access", in: .log, [ArgumentRule("on|off|errors|PATH", .word)], default: "on",
            "Access lines: errors are status 500 and above, 429 and broken upstreams; ./PATH or /PATH is a file.",
            example: "access on"),
        DirectiveRule(
            "query", in: .log, [.choice("off", "names", "full")], default: "names",
            "What access lines show of a query.", example: "query names"),
        DirectiveRule(
            "client_ip", in: .log, [.choice("full", "masked")], default: "full",
            "Client addresses; masked keeps /24 and /48.", example: "client_ip full"),
        DirectiveRule(
            "exclude", in: .log, [ArgumentRule("PATTERN", .pattern, ArgumentRule.many)], default: "none",
            "Paths that get no access line; they are counted all the same.", example: "exclude /healthz"
        ).repeating,
    ]

    static let trace: [DirectiveRule] = [
        DirectiveRule(
            "propagate", in: .trace, [.choice("on", "off")], default: "on",
            "Passes traceparent, tracestate and baggage of peers in trust_proxy on as they are; nobody else's.",
            example: "propagate on"),
        .later("otlp", in: .trace, "Where spans go.", example: "otlp http://collector:4318"),
        .later("sample", in: .trace, "Share of requests traced.", example: "sample 0.01"),
    ]

    static let redis: [DirectiveRule] = [
        DirectiveRule(
            "password", in: .redis, [ArgumentRule("SECRET", .secret)], default: "none",
            "Password of the user in the URL, or of the default user.",
            example: "password ${file:/run/secrets/redis_password}"),
        DirectiveRule(
            "timeout", in: .redis, [.duration(1...Limit.minute)], default: "250ms",
            "Longest wait for an answer; then the request gets 503.", example: "timeout 250ms"),
        DirectiveRule(
            "connect_timeout", in: .redis, [.duration(1...Limit.minute)], default: "1s",
            "Longest wait for a connection.", example: "connect_timeout 1s"),
        DirectiveRule(
            "connections", in: .redis, [.count(1...16)], default: "1",
            "Pipelined connections of a worker; sessions are spread over them.", example: "connections 1"),
        DirectiveRule(
            "prefix", in: .redis, [.name], default: "gw",
            "First part of every key: two gateways on one database need two.", example: "prefix gw"),
        DirectiveRule(
            "outage", in: .redis,
            [ArgumentRule("reject", .choice(["reject"], later: ["grace"])), ArgumentRule("", .word, 0...1)],
            default: "reject", "What requests get while Redis is away: reject is 503.",
            example: "outage reject"
        ).written("outage reject"),
        DirectiveRule(
            "retry_after", in: .redis, [.duration(Limit.second...Limit.hour)], default: "2s",
            "Retry-After of that 503.", example: "retry_after 2s"),
        .later("tls_ca", in: .redis, "Authority of a rediss server.", example: "tls_ca ca.pem"),
    ]

    static let session: [DirectiveRule] = [
        DirectiveRule(
            "key", in: .session, [ArgumentRule("SECRET", .secret)],
            "Signs sessions: at least 32 bytes as hex, base64 or text. Either this or key_file.",
            example: "key ${file:/run/secrets/session_key}"),
        DirectiveRule(
            "key_file", in: .session, [.path],
            "File of the key; made with a random one if it is missing and under the state directory.",
            example: "key_file state/session.key"
        ).starter,
        DirectiveRule(
            "old_key", in: .session, [ArgumentRule("SECRET", .secret)], default: "none",
            "A key that was in use before: verifies, never signs. At most 4.",
            example: "old_key ${file:/run/secrets/old_session_key}"
        ).repeating,
        DirectiveRule(
            "old_key_file", in: .session, [.path], default: "none", "The same from a file.",
            example: "old_key_file state/session.key.old"
        ).repeating,
        DirectiveRule(
            "touch", in: .session, [.duration(Limit.second...Limit.day)], default: "60s",
            "Least time between two renewals of a session; under a quarter of every idle.",
            example: "touch 60s"),
        .later("rotate", in: .session, "New session id while in use.", example: "rotate 1h"),
    ]

    static let headers: [DirectiveRule] = [
        DirectiveRule(
            "user_id", in: .headers, [.header], default: "X-User-Id", "Carries the user's id.",
            example: "user_id X-User-Id"),
        DirectiveRule(
            "name", in: .headers, [.header], default: "X-User-Name", "Carries the login name.",
            example: "name X-User-Name"),
        DirectiveRule(
            "roles", in: .headers, [.header], default: "X-User-Roles", "Carries the roles, with commas.",
            example: "roles X-User-Roles"),
        DirectiveRule(
            "realm", in: .headers, [.header], default: "X-User-Realm", "Carries the realm.",
            example: "realm X-User-Realm"),
        DirectiveRule(
            "session", in: .headers, [.header], default: "off", "Carries the session's public handle.",
            example: "session off"),
        DirectiveRule(
            "request_id", in: .headers, [.header], default: "X-Request-Id",
            "Carries the request's id, to the application and back.", example: "request_id X-Request-Id"),
        DirectiveRule(
            "forwarded", in: .headers, [.choice("x", "rfc7239", "both", "off")], default: "x",
            "X-Forwarded-*, Forwarded, both or neither; rebuilt for every request.", example: "forwarded x"),
        DirectiveRule(
            "strip", in: .headers, [ArgumentRule("HEADER", .headerPattern, ArgumentRule.many)],
            default: "the built-in list",
            "Removes more headers from requests; a * at the end takes all that begin so.",
            example: "strip X-Internal-*"
        ).repeating,
        DirectiveRule(
            "session_cookie", in: .headers, [.choice("strip", "keep")], default: "strip",
            "Whether applications see the gateway's cookie.", example: "session_cookie strip"),
    ]
}
