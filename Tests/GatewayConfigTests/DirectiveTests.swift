import GatewayConfig
import Testing

@Suite struct DirectiveTests {
    @Test(arguments: [
        Wrong("wokers 2", "8:1 E201"),
        Wrong("idle 2h", "8:1 E201"),
        Wrong("workers", "8:1 E202"),
        Wrong("headers { forwarded y }", "8:21 E203"),
        Wrong("log { access of }", "8:14 E203"),
        Wrong("workers 2\nworkers 3", "9:1 E204"),
        Wrong("listen 127.0.0.1:8080", "8:8 E204"),
        Wrong("upstream app { server a:1 }", "8:1 E204"),
        Wrong("realm main { users people }", "8:1 E204"),
        Wrong("listen :1 { protocols http/1.1 http/1.1 }\ntrust_proxy 10.0.0.0/8", "8:32 E204"),
        Wrong("users people { store sqlite x.db }", "8:1 E204"),
        Wrong("site * { route /x app user }", "8:6 E204"),
        Wrong("site a.b A.B. { route /x app user }", "8:10 E204"),
        Wrong("headers { user_id X-A\n}", "8:9 E106"),
        Wrong("workers 0", "8:9 E205"),
        Wrong("workers +5", "8:9 E205"),
        Wrong("workers 99999999999999999999999", "8:9 E205"),
        Wrong("limits { connections many }", "8:22 E205"),
        Wrong("limits { body 0 }", "8:15 E205"),
        Wrong("limits { body 10mb }", "8:15 E205"),
        Wrong("limits { body 9999999999999999g }", "8:15 E205"),
        Wrong("timeouts { header 30 }", "8:19 E205"),
        Wrong("timeouts { header 0 }", "8:19 E205"),
        Wrong("timeouts { header 24hours }", "8:19 E205"),
        Wrong("timeouts { header 999999999999999999d }", "8:19 E205"),
        Wrong("shutdown { grace 2d }", "8:18 E205"),
        Wrong("trust_proxy 10.0.0.0", ""),
        Wrong("trust_proxy 10.0.0.1/8", "8:13 E205"),
        Wrong("trust_proxy 10.0.0.256", "8:13 E205"),
        Wrong("trust_proxy 010.0.0.1", "8:13 E205"),
        Wrong("trust_proxy ::1::", "8:13 E205"),
        Wrong("trust_proxy 10.0.0.0/33", "8:13 E205"),
        Wrong("trust_proxy 0.0.0.0/0", "8:13 W512"),
        Wrong("trust_proxy ::/0", "8:13 W512"),
        Wrong("listen 8080", "8:8 E205"),
        Wrong("listen http://x:80", "8:8 E205"),
        Wrong("listen ::1:80", "8:8 E205"),
        Wrong("listen :65536", "8:8 E205"),
        Wrong("listen unix:", "8:8 E205"),
        Wrong("listen 1.2.3:80", "8:8 E205"),
        Wrong("endpoints auth", "8:11 E205"),
        Wrong("endpoints /", "8:11 E205"),
        Wrong("endpoints /a/../b", "8:11 E205"),
        Wrong("problem_base problem", "8:14 E205"),
        Wrong("headers { user_id Host }", "8:19 E205"),
        Wrong("headers { user_id X_User }", "8:19 E205"),
        Wrong("headers { strip Content-Length }", "8:17 E205"),
        Wrong("headers { strip Co* }", "8:17 E205"),
        Wrong("headers { strip H* }", "8:17 E205"),
        Wrong("headers { roles X-User-Id }", "8:17 E204"),
        Wrong("workers 2 3", "8:11 E208"),
        Wrong("workers 2 { x 1 }", "8:11 E210"),
        Wrong("log", "8:1 E211"),
        Wrong("listen :81 { tls a b }", "8:18 E401"),
        Wrong("listen :81 { protocols h2 http/1.1 }", "8:24 E212"),
        Wrong("listen :81 { proxy_protocol on }", "8:14 E305"),
        Wrong("listen :81 { proxy_protocol maybe }", "8:29 E203"),
        Wrong("listen :81 { redirect http }", "8:23 E203"),
        Wrong("admin fd:metrics", "8:7 E205"),
        Wrong("admin 127.0.0.1:9090", ""),
        Wrong("admin [::1]:9090", ""),
        Wrong("admin [fd12::1]:9090", ""),
        Wrong("admin 172.20.0.1:9090", ""),
        Wrong("admin localhost:9090", ""),
        Wrong("admin :9090", "8:7 W502"),
        Wrong("admin 0.0.0.0:9090", "8:7 W502"),
        Wrong("admin 172.32.0.1:9090", "8:7 W502"),
        Wrong("admin [2001:db8::1]:9090", "8:7 W502"),
        Wrong("trace { propagate yes }", "8:19 E203"),
        Wrong("trace { otlp http://x }", "8:9 E212"),
        Wrong("trace { sample 0.1 }", "8:9 E212"),
        Wrong("limits { h2_streams 5 }", "8:10 E212"),
        Wrong("realm x { }", "8:1 E303"),
        Wrong("realm x { users nobody }", "8:17 E301"),
        Wrong("upstream x { }", "8:1 E303"),
        Wrong("site x { }", "8:1 E303"),
    ])
    func `tells what is wrong with a directive, and where`(_ wrong: Wrong) {
        let result = load(Sample.with(wrong.text))

        if wrong.place.isEmpty {
            #expect(render(result) == "")
        } else {
            #expect(places(result).contains(wrong.place), "\(render(result))")
            #expect((result.settings == nil) == !wrong.place.contains("W"))
        }
    }

    @Test func `every error of a run is told, in order`() {
        let text = "listen x\nredis x\nsession { }\nrealm A { idle 3 }\nsite * { route a b c }"

        #expect(
            places(load(text)) == [
                "1:8 E205", "2:7 E205", "3:1 E303", "4:1 E303", "4:7 E205", "4:16 E205", "5:16 E205",
                "5:18 E301",
                "5:20 E207",
            ])
    }

    @Test func `an empty file lacks what every configuration needs`() {
        let result = load("")

        #expect(codes(result) == ["E303", "E303", "E303", "E303"])
        #expect(result.diagnostics.allSatisfy { $0.line == 1 && $0.column == 1 })
    }

    @Test func `reads every kind of value`() throws {
        let text = Sample.with(
            """
            listen [::1]:80 { backlog 5 }
            listen fd:web
            listen unix:run/web.sock
            admin unix:/run/admin.sock
            trust_proxy 10.0.0.0/8 192.0.2.7 fd00::/8 ::ffff:1.2.3.4
            workers auto
            endpoints /login
            problem_base https://example.org/problems/
            log {
                level debug
                access errors
            }
            headers {
                user_id x-uid
                name off
                session X-Session
                forwarded both
                strip X-Auth-* Remote-User
                strip X-More
                session_cookie keep
            }
            limits {
                body off
                header_size 32k
                hash_queue 7
            }
            timeouts { keepalive 2m }
            shutdown {
                delay 5s
                grace off
            }
            """)

        let result = load(text)

        #expect(render(result) == "")
        let settings = try #require(result.settings)
        #expect(
            settings.listeners.map(\.endpoint) == [
                .tcp(host: "127.0.0.1", port: 8080), .tcp(host: "::1", port: 80), .inherited(name: "web"),
                .unix(path: "run/web.sock"),
            ])
        #expect(settings.listeners.map(\.backlog) == [1024, 5, 1024, 1024])
        #expect(settings.admin == .unix(path: "/run/admin.sock"))
        #expect(settings.trustedProxies.map(\.prefixLength) == [104, 128, 8, 128])
        #expect(
            settings.trustedProxies[0].bytes == [UInt8](repeating: 0, count: 10) + [255, 255, 10, 0, 0, 0])
        #expect(settings.trustedProxies[3].bytes.suffix(6) == [255, 255, 1, 2, 3, 4])
        #expect(settings.workers == nil)
        #expect(settings.realms[0].endpoints == "/login")
        #expect(settings.log.level == .debug)
        #expect(settings.log.access == .errors)
        #expect(settings.headers.userID == "x-uid")
        #expect(settings.headers.userName == nil)
        #expect(settings.headers.session == "X-Session")
        #expect(settings.headers.forwarded == .both)
        #expect(settings.headers.strip == ["X-Auth-*", "Remote-User", "X-More"])
        #expect(settings.headers.keepSessionCookie)
        #expect(settings.limits.body == nil)
        #expect(settings.limits.headerSize == 32_768)
        #expect(settings.limits.hashQueue == 7)
        #expect(settings.timeouts.keepalive == 120_000)
        #expect(settings.shutdown.delay == 5_000)
        #expect(settings.shutdown.grace == 0)
        #expect(settings.sites[0].routes[0].body == nil)
    }

    @Test func `the state directory is said, inherited or beside the file, in this order`() {
        let env = ["STATE_DIRECTORY": "/var/lib/gatehouse:/var/lib/other"]

        #expect(load(Sample.with("")).settings?.stateDirectory == "state")
        #expect(load(Sample.with(""), env: env).settings?.stateDirectory == "/var/lib/gatehouse")
        #expect(load(Sample.with("state data"), env: env).settings?.stateDirectory == "data")
        #expect(load(Sample.with("state data"), env: env, state: "/x").settings?.stateDirectory == "/x")
        #expect(load("state data\nnonsense").stateDirectory == "data")
    }

    @Test func `the environment decides the log level`() {
        let text = Sample.with("log { level error }")

        #expect(load(text, env: ["GATEHOUSE_LOG_LEVEL": "trace"]).settings?.log.level == .trace)
        #expect(load(text, env: ["GATEHOUSE_LOG_LEVEL": ""]).settings?.log.level == .error)
        #expect(codes(load(text, env: ["GATEHOUSE_LOG_LEVEL": "loud"])) == ["E203"])
    }
}
