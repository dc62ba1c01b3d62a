extension Metric {
    /// Name, kind, labels and meaning: what drives the exposition and the handbook's table.
    public var definition: MetricDefinition { Self.definitions[rawValue] }

    private static let definitions = allCases.map { $0.define() }

    private func define() -> MetricDefinition {
        gatewayDefinition ?? connectionDefinition ?? requestDefinition ?? sessionDefinition
            ?? loginDefinition ?? redisDefinition ?? upstreamDefinition ?? processDefinition
            ?? MetricDefinition("unknown", .gauge, "")
    }

    private var gatewayDefinition: MetricDefinition? {
        switch self {
        case .buildInfo:
            MetricDefinition("build_info", .gauge, [.build], "Always 1; the labels tell the version.")
        case .startTime:
            MetricDefinition(
                "start_time_seconds", .gauge, "When the gateway was started, seconds since 1970.")
        case .configInfo:
            MetricDefinition(
                "config_info", .gauge, [.configuration],
                "Always 1; the label begins the SHA-256 of the configuration at work.")
        case .configReloads:
            MetricDefinition(
                "config_reloads_total", .counter, [.reload],
                "Reloads: success; rejected, the configuration has errors; failed, the new workers did not start."
            )
        case .configReloadSuccessful:
            MetricDefinition(
                "config_last_reload_successful", .gauge,
                "1 if the last reload, or the start, put its configuration to work.")
        case .configReloadTime:
            MetricDefinition(
                "config_last_reload_timestamp_seconds", .gauge,
                "When the configuration at work was loaded, seconds since 1970.")
        case .workers:
            MetricDefinition("workers", .gauge, "Workers that serve; those that drain are not counted.")
        default: nil
        }
    }

    private var connectionDefinition: MetricDefinition? {
        switch self {
        case .connectionsOpen:
            MetricDefinition("connections_open", .gauge, [.listener], "Open client connections.")
        case .connections:
            MetricDefinition(
                "connections_total", .counter, [.listener, .proto], "Client connections accepted.")
        case .tlsDuration:
            MetricDefinition(
                "tls_handshake_duration_seconds", .histogram(.long), unit: .microseconds,
                "TLS handshakes that succeeded, the client's part in them included.")
        case .certificateEnd:
            MetricDefinition(
                "tls_certificate_not_after_timestamp_seconds", .gauge, [.certificate],
                "When a certificate at work expires, seconds since 1970.")
        case .connectionsRejected:
            MetricDefinition(
                "connections_rejected_total", .counter, [.rejection],
                "Connections closed before their first request: limit and per_ip are those of `limits`, tls is a "
                    + "handshake that failed, proxy_protocol a PROXY header that is missing or broken.")
        default: nil
        }
    }

    private var requestDefinition: MetricDefinition? {
        switch self {
        case .requests:
            MetricDefinition(
                "http_requests_total", .counter, [.siteAndRoute, .method, .code],
                "Requests answered. 499: the client left before. `_` is no site or no route of the configuration; "
                    + "codes that are not registered are counted as 2xx, 5xx and so on.")
        case .requestDuration:
            MetricDefinition(
                "http_request_duration_seconds", .histogram(.long), [.siteAndRoute], unit: .microseconds,
                "From the whole head of a request to the end of its answer; a WebSocket's life is not in it.")
        case .requestsInFlight:
            MetricDefinition(
                "http_requests_in_flight", .gauge, [.site], "Requests not yet answered, WebSockets included.")
        case .requestBytes:
            MetricDefinition(
                "http_request_bytes_total", .counter, [.siteAndRoute], "Bytes of request bodies received.")
        case .responseBytes:
            MetricDefinition(
                "http_response_bytes_total", .counter, [.siteAndRoute], "Bytes of response bodies sent.")
        case .badRequests:
            MetricDefinition(
                "http_bad_requests_total", .counter, [.badRequest],
                "Requests refused because of what they are: a header field, the framing of the body, an unknown or "
                    + "bad host, an ambiguous path, a bad target, too large, too slow.")
        case .overhead:
            MetricDefinition(
                "overhead_seconds", .histogram(.short), unit: .microseconds,
                "The gateway's own part in a forwarded request: its duration without waiting for the upstream and "
                    + "for the client. The session check is in it.")
        default: nil
        }
    }

    private var sessionDefinition: MetricDefinition? {
        switch self {
        case .sessionChecks:
            MetricDefinition(
                "session_checks_total", .counter, [.realm, .sessionCheck],
                "Sessions checked: ok; grace, the same with the ticket before a renewal; none, no ticket came; "
                    + "bad_signature, it was not ours; wrong_realm, it was of another realm; absent, the session has "
                    + "ended; expired, it has just come to its own end; unavailable, Redis did not say.")
        case .authDecisions:
            MetricDefinition(
                "auth_decisions_total", .counter, [.siteAndRoute, .decision],
                "What was decided about requests to routes: allow, login_redirect, 401, 403, 429, 503 (the store did "
                    + "not say), csrf (from another site's page), origin (a WebSocket of another site's page)."
            )
        case .sessionCheckDuration:
            MetricDefinition(
                "session_check_duration_seconds", .histogram(.short), unit: .microseconds,
                "From the request for a session to Redis' answer.")
        case .sessionsCreated:
            MetricDefinition("sessions_created_total", .counter, [.realm], "Sessions begun.")
        case .sessionsEnded:
            MetricDefinition(
                "sessions_ended_total", .counter, [.realm, .sessionEnd],
                "Sessions ended by a logout, by one session too many (evicted), by their owner from elsewhere or an "
                    + "operator (revoked), by a new password (as one), with their user (user_disabled). Those that "
                    + "expired are counted when their user logs in next.")
        default: nil
        }
    }

    private var loginDefinition: MetricDefinition? {
        switch self {
        case .logins:
            MetricDefinition(
                "logins_total", .counter, [.realm, .login],
                "Logins. bad_credentials is an unknown name or a wrong password; refused, too many sessions.")
        case .registrations:
            MetricDefinition("registrations_total", .counter, [.realm, .registration], "Registrations.")
        case .hashDuration:
            MetricDefinition(
                "password_hash_duration_seconds", .histogram(.slow), [.hash], unit: .microseconds,
                "Checks and changes of passwords on a helper thread, without the wait for one.")
        case .hashQueue:
            MetricDefinition("password_hash_queue", .gauge, "Password hashes that run or wait.")
        case .hashRejected:
            MetricDefinition(
                "password_hash_rejected_total", .counter,
                "Logins and registrations turned away with 503 because `hash_queue` is full.")
        default: nil
        }
    }

    private var redisDefinition: MetricDefinition? {
        switch self {
        case .redisUp:
            MetricDefinition(
                "redis_up", .gauge, merge: .minimum, "1 if every worker that serves is connected to Redis.")
        case .redisConnections:
            MetricDefinition("redis_connections", .gauge, "Connections to Redis that stand.")
        case .redisPending:
            MetricDefinition("redis_pending_commands", .gauge, "Commands that wait for their reply.")
        case .redisDuration:
            MetricDefinition(
                "redis_command_duration_seconds", .histogram(.short), [.redisCommand], unit: .microseconds,
                "From a command to its reply; get is the check of a session, eval a login or a limit.")
        case .redisErrors:
            MetricDefinition(
                "redis_errors_total", .counter, [.redisError],
                "Commands and connections that failed. protocol: it is not Redis that answers; mismatch: a reply that "
                    + "does not fit.")
        case .redisReconnects:
            MetricDefinition("redis_reconnects_total", .counter, "Connections to Redis made again.")
        default: nil
        }
    }

    private var upstreamDefinition: MetricDefinition? {
        switch self {
        case .serverUp:
            MetricDefinition(
                "upstream_server_up", .gauge, [.server], merge: .minimum,
                "1 if the server is well as far as every worker knows; the last one gets requests all the same."
            )
        case .upstreamConnections:
            MetricDefinition(
                "upstream_connections", .gauge, [.server, .connectionState],
                "Connections to a server: active ones serve a request or are being made.")
        case .upstreamQueue:
            MetricDefinition("upstream_queue", .gauge, [.upstream], "Requests that wait for a connection.")
        case .upstreamResponses:
            MetricDefinition(
                "upstream_responses_total", .counter, [.upstream, .upstreamCode], "Responses of the upstream."
            )
        case .upstreamErrors:
            MetricDefinition(
                "upstream_errors_total", .counter, [.upstream, .upstreamError],
                "Tries that failed: no connection, no answer in time, closed before an answer, an answer that breaks "
                    + "the protocol, an answer cut in its body.")
        case .upstreamRetries:
            MetricDefinition("upstream_retries_total", .counter, [.upstream], "Requests sent once more.")
        case .connectDuration:
            MetricDefinition(
                "upstream_connect_duration_seconds", .histogram(.short), [.upstream], unit: .microseconds,
                "Connecting to a server; requests over a kept connection are not in it.")
        case .firstByteDuration:
            MetricDefinition(
                "upstream_first_byte_duration_seconds", .histogram(.long), [.upstream], unit: .microseconds,
                "From the sent request to the response's head.")
        case .webSocketsOpen:
            MetricDefinition("websockets_open", .gauge, [.route], "Open WebSockets.")
        case .webSocketsClosed:
            MetricDefinition(
                "websockets_closed_total", .counter, [.webSocketEnd],
                "WebSockets ended, by whom or why.")
        case .rateLimited:
            MetricDefinition(
                "rate_limited_total", .counter, [.route, .limitScope],
                "Requests answered with 429 because of a `limit` of their route.")
        default: nil
        }
    }

    private var processDefinition: MetricDefinition? {
        switch self {
        case .logDropped:
            MetricDefinition(
                "log_dropped_total", .counter,
                "Log lines dropped because the log's reader was too slow or gone, or the disk full.")
        case .loopLag:
            MetricDefinition(
                "loop_lag_seconds", .histogram(.short), [.worker], unit: .microseconds,
                "How long a worker was busy between two waits: the longest that anybody had to wait for it.")
        case .loopBusy:
            MetricDefinition(
                "loop_busy_ratio", .gauge, [.worker], unit: .millionths,
                "Part of the last second in which a worker was busy, 0 to 1.")
        case .processCPU:
            MetricDefinition(
                "process_cpu_seconds_total", .counter, unit: .microseconds,
                "CPU time of all processes of the gateway, those that have ended included.")
        case .processMemory:
            MetricDefinition(
                "process_resident_memory_bytes", .gauge,
                "Resident memory of master and workers; what they share is counted in each.")
        case .processOpenFiles:
            MetricDefinition(
                "process_open_fds", .gauge, "Open descriptors of the worker that has the most.")
        case .processMaxFiles:
            MetricDefinition("process_max_fds", .gauge, "Descriptors that a worker may have.")
        case .processStartTime:
            MetricDefinition(
                "process_start_time_seconds", .gauge, "When the master was started, seconds since 1970.")
        default: nil
        }
    }
}
