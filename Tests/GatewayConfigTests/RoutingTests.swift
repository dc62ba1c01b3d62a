import GatewayConfig
import Testing

@Suite struct RoutingTests {
    private func route(_ line: String) -> LoadResult { load(Sample.routes(line)) }

    @Test func `reads upstreams`() throws {
        let result = load(
            Sample.with(
                """
                upstream more {
                    server Web:8080 weight 3
                    server [::1]:81 backup weight 2
                    server unix:/run/x.sock
                    balance least_conn
                    keepalive 0
                    connect_timeout 2s
                    response_timeout 5m
                    idle_timeout 10s
                    retry off
                    tls off
                    host upstream
                    max_connections 9
                }
                upstream third {
                    server a:1
                    host app.example.org:8080
                }
                """))

        #expect(render(result) == "")
        let upstream = try #require(result.settings?.upstreams[1])
        #expect(
            upstream.servers.map(\.endpoint) == [
                .tcp(host: "web", port: 8080), .tcp(host: "::1", port: 81), .unix(path: "/run/x.sock"),
            ])
        #expect(upstream.servers.map(\.weight) == [3, 2, 1])
        #expect(upstream.servers.map(\.backup) == [false, true, false])
        #expect(upstream.keepalive == 0)
        #expect(upstream.retry == 0)
        #expect(upstream.host == .upstream)
        #expect(upstream.responseTimeout == 300_000)
        #expect(result.settings?.upstreams[2].host == .fixed("app.example.org:8080"))
    }

    @Test func `reads how servers are chosen and watched`() throws {
        let result = load(
            Sample.with(
                """
                upstream more {
                    server a:1
                    balance hash_user
                    health HEAD /up?deep=1 every 5s timeout 1s rise 1 fall 4 expect 204 host app.example.org
                    passive 5 in 1m
                }
                upstream third {
                    server a:1
                    health GET /
                    passive off
                }
                """))

        #expect(render(result) == "")
        let upstreams = try #require(result.settings?.upstreams)
        var check = HealthCheckSettings(method: "HEAD", target: "/up?deep=1")
        check.every = 5_000
        check.timeout = 1_000
        check.rise = 1
        check.fall = 4
        check.expect = 204...204
        check.host = "app.example.org"
        #expect(upstreams[1].health == check)
        #expect(upstreams[1].balance == .hashUser)
        #expect(upstreams[1].passive.failures == 5)
        #expect(upstreams[1].passive.window == 60_000)
        #expect(upstreams[2].health == HealthCheckSettings(method: "GET", target: "/"))
        #expect(upstreams[2].passive.failures == 0)
    }

    @Test(arguments: [
        ("server a:1 wieght 2", "E203"), ("server a:1 weight", "E202"), ("server a:1 weight 0", "E205"),
        ("server a", "E205"), ("server :80", "E205"), ("server fd:x", "E205"),
        ("server http://a", "E205"), ("server a:1\nserver A:1", "E204"), ("server a:1 backup", "E305"),
        ("server a:1\nbalance random", "E203"), ("server a:1\nhealth GET x", "E205"),
        ("server a:1\nhealth GET", "E202"), ("server a:1\nhealth get /", "E205"),
        ("server a:1\nhealth GET / every 5", "E205"), ("server a:1\nhealth GET / ever 5s", "E203"),
        ("server a:1\nhealth GET / every", "E202"), ("server a:1\nhealth GET / rise 0", "E205"),
        ("server a:1\nhealth GET / expect 100-399", "E205"),
        ("server a:1\nhealth GET / expect 399-200", "E205"),
        ("server a:1\nhealth GET / expect 200-", "E205"), ("server a:1\nhealth GET / host a/b", "E205"),
        ("server a:1\nhealth GET / every 1s timeout 2s", "E205"), ("server a:1\nhealth GET /#a", "E205"),
        ("server a:1\npassive 3", "E202"), ("server a:1\npassive 3 in", "E202"),
        ("server a:1\npassive 0 in 10s", "E205"), ("server a:1\npassive 3 per 10s", "E203"),
        ("server a:1\npassive 3 in 10", "E205"),
        ("server a:1\nhost a b", "E208"), ("server a:1\nhost a/b", "E205"),
        ("server a:1\nretry -1", "E205"), ("server a:1\nkeepalive off", "E205"),
    ])
    func `refuses upstreams that cannot be`(_ lines: String, _ code: String) {
        #expect(codes(load(Sample.with("upstream more {\n\(lines)\n}"))) == [code])
    }

    @Test func `reads routes`() throws {
        let result = route(
            """
            route /api/{id}/x app role admin editor {
                methods GET POST
                body 2g
                timeout 5m
                idle_timeout 2m
                buffering off
                websocket on
                origins https://App.example.org http://localhost:3000
                strip_prefix /api
                paths encoded
                on_unauth 401
                set_header X-From gateway
                set_header X-Note "a b"
            }
            route /old/* - public { redirect /new 308 }
            route /gone - user { respond 410 "gone" }
            route /empty - public { respond 204 }
            route /no/* - deny
            route /maybe/ app optional { rewrite /a/b/ }
            route / app public
            route /* app user
            """)

        #expect(render(result) == "")
        let routes = try #require(result.settings?.sites[0].routes)
        #expect(
            routes.map(\.access) == [
                .role(["admin", "editor"]), .public, .user, .public, .deny, .optional, .public, .user,
            ])
        #expect(
            routes.map(\.target) == [
                .upstream(0), .redirect(location: "/new", status: 308), .respond(status: 410, text: "gone"),
                .respond(status: 204, text: nil), .none, .upstream(0), .upstream(0), .upstream(0),
            ])
        let first = routes[0]
        #expect(first.pattern.segments == [.literal(Array("api".utf8)), .any, .literal(Array("x".utf8))])
        #expect(first.methods == ["GET", "POST", "HEAD"])
        #expect(first.body == 2 << 30)
        #expect(first.timeout == 300_000)
        #expect(first.idleTimeout == 120_000)
        #expect(first.websocket)
        #expect(first.origins == ["https://app.example.org", "http://localhost:3000"])
        #expect(first.stripPrefix == "/api")
        #expect(first.encodedPaths)
        #expect(first.onUnauthenticated == .unauthorized)
        #expect(first.setHeaders.map(\.value) == ["gateway", "a b"])
        #expect(routes[5].pattern.segments == [.literal(Array("maybe".utf8)), .literal([])])
        #expect(routes[5].rewrite == "/a/b/")
        #expect(routes[6].pattern.segments == [.literal([])])
        #expect(routes[7].pattern.segments.isEmpty && routes[7].pattern.matchesBelow)
        #expect(routes[7].body == 10 << 20)
    }

    @Test(arguments: [
        ("/caf%c3%a9/*", "caf%C3%A9"), ("/café/*", "caf%C3%A9"), ("/%61-%7e/*", "a-~"), ("'/a b/*'", "a%20b"),
        ("/a%2fb/*", "a%2Fb"),
    ])
    func `patterns are kept in the spelling that requests are matched in`(_ text: String, _ segment: String)
        throws
    {
        let pattern = try #require(route("route \(text) app user").settings?.sites[0].routes[0].pattern)

        #expect(pattern.segments == [.literal(Array(segment.utf8))])
    }

    @Test(arguments: [
        ("route /x", "E202"), ("route /x app", "E207"), ("route /x user", "E207"),
        ("route /x app usr", "E207"),
        ("route /x app role", "E202"), ("route /x app role ad,min", "E304"),
        ("route /x app user admin", "E208"),
        ("route /x ap user", "E301"), ("route /x - user", "E305"), ("route /admin* app user", "E206"),
        ("route /a/*/b app user", "E206"), ("route * app user", "E205"), ("route x app user", "E205"),
        ("route /a//b app user", "E205"), ("route /a/../b app user", "E205"), ("route /a?b app user", "E205"),
        ("route /%zz app user", "E205"), ("route /%00 app user", "E205"),
        ("route /%2e%2e/x app user", "E205"),
        ("route /a{id} app user", "E205"), ("route /{} app user", "E205"),
        ("route /x app user { methods get }", "E205"), ("route /x app user { methods TRACE }", "E205"),
        ("route /x app user { methods GET GET }", "E204"), ("route /x app role a b a", "E204"),
        ("route /x;y app user", "W505"), ("route /x%2fy app user", "W505"),
        ("route /x app user { limit 5 per user }", "E205"),
        ("route /x app user { buffering on }", "E212"), ("route /x app public { fresh 5m }", "E305"),
        ("route /x app optional { fresh 5m }", "E305"), ("route /x app user { fresh 5 }", "E205"),
        ("route /x app user { outage reject }", "E212"), ("route /x app user { csrf on }", "E203"),
        ("route /x app user { respond 200 }", "E305"),
        ("route /x - user { respond 99 }", "E205"), ("route /x - user { respond 204 x }", "E208"),
        ("route /x - user { redirect javascript:x }", "E205"),
        ("route /x - user { redirect //evil }", "E205"),
        ("route /x - user { redirect /a 300 }", "E203"), ("route /x - user { redirect '/a b' }", "E205"),
        ("route /x app user { strip_prefix /y }", "E305"), ("route /x app user { rewrite y }", "E205"),
        ("route /x app user { set_header Host a }", "E205"),
        ("route /x app user { set_header X-User-Id a }", "E204"),
        ("route /x app user { set_header X-A 'a ' }", "E205"),
        ("route /x app user { set_header X-A \"a\\nb\" }", "E205"),
        ("route /x app user { realm nope }", "E301"),
        ("route /x app user { timeout 5 }", "E205"), ("route /x app user { error_pages x }", "E201"),
        ("error_pages x\nroute /x app user", "E212"), ("hsts 1\nroute /x app user", "E205"),
        ("hsts 11y\nroute /x app user", "E205"),
        ("realm nope\nroute /x app user", "E301"),
        ("route /_auth/* app user", "W506"), ("route /_auth/login app user", "W506"),
        ("route /.well-known/change-password app user", "W505"),
    ])
    func `refuses routes that cannot be`(_ line: String, _ code: String) {
        let result = route(line)

        #expect(codes(result) == [code], "\(render(result))")
    }

    @Test func `more than one thing is wrong with one route`() {
        #expect(places(route("route /a* app role")) == ["8:7 E206", "8:15 E202"])
        #expect(places(route("route /a ap usr { body x }")) == ["8:10 E301", "8:13 E207", "8:24 E205"])
    }

    @Test(arguments: [
        ("route /a app user\nroute /a app public", ["9:1 E209"]),
        ("route /{x}/b app user\nroute /{y}/b app public", ["9:1 E209"]),
        ("route /%61 app user\nroute /a app public", ["9:1 E209"]),
        ("route /a app user { methods GET }\nroute /a app public { methods HEAD }", ["9:1 E209"]),
        ("route /a app user { methods GET }\nroute /a app public { methods POST }", []),
        ("route /a app user { methods GET }\nroute /a app public", []),
        ("route /a app user\nroute /a/ app public\nroute /a/* app user", []),
        ("route /* app user\nroute / app user", []),
    ])
    func `the same route twice names the first`(_ lines: String, _ expected: [String]) {
        let result = route(lines)

        #expect(places(result) == expected)
        #expect(result.diagnostics.allSatisfy { $0.hints == ["the first is in line 8"] })
    }

    private let two = """
        users people { store sqlite u.db }
        realm shop { users people }
        upstream app { server a:1 }
        realm staff {
            users people
            endpoints /_staff
        }

        """

    @Test func `a site without a realm serves only routes that need none`() throws {
        let open = "site * {\n  route /a app public\n  route /b app deny\n}\n"
        let result = load(Sample.head + "\n" + two + open)
        #expect(render(result) == "")
        #expect(result.settings?.sites[0].realm == nil)

        let closed = load(
            Sample.head + "\n" + two + "site * {\n route /a app public\n route /b app optional\n}\n")
        #expect(places(closed) == ["11:1 E302"])
        #expect(closed.diagnostics[0].hints[0] == "the first such route is in line 13")
    }

    @Test func `site and route choose realms`() throws {
        let result = load(
            Sample.head + "\n" + two
                + "site * {\n realm shop\n route /* app user\n route /admin/* app user { realm staff }\n}\n")

        #expect(render(result) == "")
        let site = try #require(result.settings?.sites[0])
        #expect(site.realm == 0)
        #expect(site.routes.map(\.realm) == [0, 1])
    }

    @Test func `two realms of a site need two prefixes`() {
        let same = two.replacing("    endpoints /_staff\n", with: "")
        let result = load(
            Sample.head + "\n" + same
                + "site * {\n realm shop\n route /* app user\n route /admin/* app user { realm staff }\n}\n")

        #expect(codes(result) == ["E306"])
    }

    @Test func `hosts are kept in one spelling`() {
        let result = load(Sample.base + "site Shop.Example.ORG. *.x.y [::1] 10.0.0.1 { route /* app user }\n")

        #expect(result.settings?.sites[0].hosts == ["shop.example.org", "*.x.y", "[::1]", "10.0.0.1"])
    }

    @Test(arguments: ["a:80", "http://a", "*x", "a..b", "-a", "*.*", "[::1", "*.[::1]", "\"\""])
    func `refuses what is no host`(_ host: String) {
        #expect(codes(load(Sample.base + "site \(host) { route /* app user }\n")) == ["E205"])
    }

    @Test func `warns where browsers will drop the cookie`() {
        func warned(_ listen: String, site: String, more: String = "") -> [String] {
            let text = Sample.base + "site \(site) { route /* app user }\nlisten \(listen)\n\(more)\n"
            return codes(load(text))
        }
        #expect(warned(":80", site: "*") == ["W501"])
        #expect(warned("10.0.0.1:80", site: "shop.example.org localhost") == ["W501"])
        #expect(warned(":80", site: "localhost app.localhost 127.0.0.1").isEmpty)
        #expect(warned("[::1]:80", site: "*").isEmpty)
        #expect(warned("localhost:80", site: "*").isEmpty)
        #expect(warned("unix:x.sock", site: "*").isEmpty)
        #expect(warned(":80", site: "*", more: "trust_proxy 10.0.0.1").isEmpty)
    }
}
