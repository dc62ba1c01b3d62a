extension Schema {
    static let limits: [DirectiveRule] = [
        DirectiveRule(
            "connections", in: .limits, [.count(1...1_000_000)], default: "10000",
            "Client connections of the whole gateway.", example: "connections 10000"),
        DirectiveRule(
            "connections_per_ip", in: .limits, [.count(1...1_000_000)], default: "256",
            "Of one address, or /64; peers in trust_proxy are free.", example: "connections_per_ip 256"),
        DirectiveRule(
            "header_size", in: .limits, [.size(1_024...(1 << 20), off: false)], default: "16k",
            "All header fields of a request; above: 431.", example: "header_size 16k"),
        DirectiveRule(
            "header_count", in: .limits, [.count(8...10_000)], default: "100",
            "Header fields of a request; above: 431.", example: "header_count 100"),
        DirectiveRule(
            "uri", in: .limits, [.size(256...(1 << 20), off: false)], default: "8k",
            "Request target; above: 414.", example: "uri 8k"),
        DirectiveRule(
            "body", in: .limits, [.size(Limit.body, off: true)], default: "10m",
            "Request body, where a route says nothing else; above: 413.", example: "body 10m"),
        DirectiveRule(
            "form_body", in: .limits, [.size(256...(1 << 20), off: false)], default: "8k",
            "Body of a request to the gateway's own pages.", example: "form_body 8k"),
        .later("h2_streams", in: .limits, "Streams of an HTTP/2 connection.", example: "h2_streams 100"),
        DirectiveRule(
            "websockets", in: .limits, [.count(1...1_000_000)], default: "5000",
            "WebSockets of the whole gateway; above: 503.", example: "websockets 5000"),
        DirectiveRule(
            "hash_queue", in: .limits, [.count(1...100_000)], default: "4 x CPUs",
            "Logins that wait for a password check; above: 503.", example: "hash_queue 16"),
    ]

    static let timeouts: [DirectiveRule] = [
        DirectiveRule(
            "tls", in: .timeouts, [.duration(Limit.wait)], default: "10s",
            "From the connection to the end of the TLS handshake.", example: "tls 10s"),
        DirectiveRule(
            "header", in: .timeouts, [.duration(Limit.wait)], default: "10s",
            "From a request's first byte to the end of its header.", example: "header 10s"),
        DirectiveRule(
            "body_idle", in: .timeouts, [.duration(Limit.wait)], default: "30s",
            "Without a byte of the body.", example: "body_idle 30s"),
        DirectiveRule(
            "write_idle", in: .timeouts, [.duration(Limit.wait)], default: "30s",
            "Without the client taking a byte.", example: "write_idle 30s"),
        DirectiveRule(
            "keepalive", in: .timeouts, [.duration(Limit.wait)], default: "75s",
            "Between two requests; longer than a load balancer's own.", example: "keepalive 75s"),
        DirectiveRule(
            "websocket_idle", in: .timeouts, [.duration(Limit.wait)], default: "5m",
            "Without a frame either way.", example: "websocket_idle 5m"),
    ]
}
