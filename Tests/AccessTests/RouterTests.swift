import GatewayConfig
import Testing

@testable import Access

/// Reads a pattern as a configuration does.
func pattern(_ text: String) -> PathPattern {
    var words = text.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(String.init)
    let below = words.last == "*"
    if below { words.removeLast() }
    let segments = words.map { word in
        word.hasPrefix("{") ? PathPattern.Segment.any : .literal(Array(word.utf8))
    }
    return PathPattern(text: text, segments: segments, matchesBelow: below)
}

func route(
    _ text: String, _ access: RouteSettings.Access = .user, methods: [String]? = nil, realm: Int? = nil
) -> RouteSettings {
    var route = RouteSettings(pattern: pattern(text), target: .upstream(0), access: access)
    route.methods = methods
    route.realm = realm
    return route
}

private func router(_ routes: [RouteSettings]) -> Router {
    var settings = Settings()
    var site = SiteSettings(hosts: ["*"])
    site.routes = routes
    settings.sites = [site]
    return Router(settings)
}

private func router(_ patterns: [String]) -> Router {
    router(patterns.map { route($0) })
}

extension Router {
    fileprivate func match(_ path: String) -> RouteMatch { match("GET", path) }

    fileprivate func match(_ method: String, _ path: String, site: Int = 0) -> RouteMatch {
        match(site: site, method: Array(method.utf8).span, path: Array(path.utf8).span)
    }

    fileprivate func site(_ host: String) -> Int? {
        site(forHost: Array(host.utf8).span)
    }

    fileprivate func gatewayPath(_ path: String, site: Int = 0) -> GatewayPath? {
        gatewayPath(site: site, path: Array(path.utf8).span)
    }
}

@Suite("Router")
struct RouterTests {
    @Test(arguments: [
        ("/", 0), ("/x", 0), ("/dir", 1), ("/dir/", 1), ("/dir/a/b", 1), ("/directory", 0), ("/dir.", 0),
        ("/exact", 2), ("/exact/", 0), ("/exact/a", 0), ("/Exact", 0), ("/dir/sub/deep", 3), ("/dir/sub", 3),
        ("/dir/subway", 1), ("//dir", 0),
    ])
    func `matches on segment boundaries`(path: String, expected: Int) {
        let router = router(["/*", "/dir/*", "/exact", "/dir/sub/*"])

        #expect(router.match(path) == .route(expected))
    }

    @Test(arguments: [
        ("/users/7", 1), ("/users/me", 0), ("/users/7/x", 2), ("/users/me/x", 2), ("/users/", 3),
        ("/users", 3),
        ("/users/7/y", 3), ("/users//x", 3),
    ])
    func `takes a literal before a placeholder before everything below`(path: String, expected: Int) {
        let router = router(["/users/me", "/users/{id}", "/users/{id}/x", "/users/*"])

        #expect(router.match(path) == .route(expected))
    }

    @Test func `compares left to right`() {
        let router = router(["/{a}/b/c", "/a/{b}/*", "/a/*"])

        #expect(router.match("/a/b/c") == .route(1))
        #expect(router.match("/x/b/c") == .route(0))
        #expect(router.match("/a") == .route(2))
    }

    @Test func `goes back to a placeholder when the literal leads nowhere`() {
        let router = router(["/a/c", "/{x}/b", "/a/{x}/d", "/{x}/{y}/e"])

        #expect(router.match("/a/b") == .route(1))
        #expect(router.match("/a/c/d") == .route(2))
        #expect(router.match("/a/c/e") == .route(3))
        #expect(router.match("/a/c/f") == .notFound)
    }

    @Test func `an exact root matches only the root`() {
        let router = router(["/", "/a/"])

        #expect(router.match("/") == .route(0))
        #expect(router.match("/a/") == .route(1))
        #expect(router.match("/a") == .notFound)
        #expect(router.match("//") == .notFound)
    }

    @Test(arguments: ["", "*", "a", "x/y"])
    func `a path without a leading slash matches nothing`(path: String) {
        #expect(router(["/*"]).match(path) == .notFound)
    }

    @Test func `the method never falls through to a laxer pattern`() {
        let routes = [
            route("/*"), route("/a/*", methods: ["GET", "HEAD"]), route("/a/*", methods: ["POST"]),
            route("/b/{x}", methods: ["PUT"]), route("/b/*"),
        ]
        let router = router(routes)

        #expect(router.match("GET", "/a/1") == .route(1))
        #expect(router.match("POST", "/a/1") == .route(2))
        #expect(router.match("PUT", "/a/1") == .methodNotAllowed(allow: Array("GET, HEAD, POST".utf8)))
        #expect(router.match("GET", "/b/1") == .methodNotAllowed(allow: Array("PUT".utf8)))
        #expect(router.match("GET", "/b/1/2") == .route(4))
    }

    @Test func `a route with methods beats its twin without`() {
        let router = router([route("/a"), route("/a", methods: ["POST"])])

        #expect(router.match("POST", "/a") == .route(1))
        #expect(router.match("PROPFIND", "/a") == .route(0))
    }

    @Test(arguments: ["CONNECT", "TRACE"])
    func `refuses methods that no route may take`(method: String) {
        let router = router([route("/*"), route("/a", methods: ["GET", "TRACE", "CONNECT"])])

        guard case .methodNotAllowed = router.match(method, "/x") else {
            Issue.record("let \(method) through")
            return
        }
        #expect(router.match(method, "/a") == .methodNotAllowed(allow: Array("GET".utf8)))
    }

    @Test(arguments: ["get", "Get", "GET ", "GE", "G", ""])
    func `compares methods byte for byte`(method: String) {
        let router = router([route("/a", methods: ["GET"])])

        #expect(router.match(method, "/a") == .methodNotAllowed(allow: Array("GET".utf8)))
    }

    @Test func `finds each of a thousand routes`() {
        let router = router(["/*"] + (0..<1000).map { "/r\($0)/*" })

        for index in 0..<1000 {
            #expect(router.match("/r\(index)/x") == .route(index + 1))
        }
        #expect(router.match("/r1000/x") == .route(0))
    }

    @Test func `lists candidates from the most specific down`() {
        let routes = [
            route("/*"), route("/a/*"), route("/a/{x}", methods: ["GET"]), route("/a/{x}"), route("/a/b"),
            route("/c"),
        ]

        #expect(router(routes).candidates(site: 0, path: Array("/a/b".utf8).span) == [4, 2, 3, 1, 0])
    }

    @Test func `finds sites by exact name, longest suffix, star`() {
        var settings = Settings()
        settings.sites = [
            SiteSettings(hosts: ["*"]), SiteSettings(hosts: ["*.example.org"]),
            SiteSettings(hosts: ["shop.example.org", "example.org"]),
            SiteSettings(hosts: ["*.eu.example.org"]),
        ]
        let router = Router(settings)

        #expect(router.site("shop.example.org") == 2)
        #expect(router.site("example.org") == 2)
        #expect(router.site("x.example.org") == 1)
        #expect(router.site("a.b.example.org") == 1)
        #expect(router.site("x.eu.example.org") == 3)
        #expect(router.site("eu.example.org") == 1)
        #expect(router.site("xexample.org") == 0)
        #expect(router.site(".example.org") == 0)
        #expect(router.site("") == 0)
    }

    @Test func `an unknown host has no site`() {
        var settings = Settings()
        settings.sites = [SiteSettings(hosts: ["a.example"])]

        #expect(Router(settings).site("b.example") == nil)
        #expect(Router(settings).site("") == nil)
    }

    @Test func `keeps the routes of sites apart`() {
        var settings = Settings()
        settings.sites = [SiteSettings(hosts: ["a"]), SiteSettings(hosts: ["b"])]
        settings.sites[0].routes = [route("/x")]
        settings.sites[1].routes = [route("/y"), route("/x")]
        let router = Router(settings)

        #expect(router.match("GET", "/x", site: 0) == .route(0))
        #expect(router.match("GET", "/x", site: 1) == .route(1))
        #expect(router.match("GET", "/y", site: 0) == .notFound)
    }

    @Test func `knows the gateway's own paths on a segment boundary`() {
        var settings = Settings()
        settings.realms = [RealmSettings(name: "main"), RealmSettings(name: "staff")]
        settings.realms[1].endpoints = "/_auth/staff"
        var site = SiteSettings(hosts: ["*"])
        site.realm = 0
        site.routes = [route("/*", realm: 0), route("/admin/*", realm: 1)]
        settings.sites = [site, SiteSettings(hosts: ["public.example"])]
        let router = Router(settings)

        #expect(router.gatewayPath("/_auth") == .endpoint(realm: 0, rest: 6..<6))
        #expect(router.gatewayPath("/_auth/login") == .endpoint(realm: 0, rest: 6..<12))
        #expect(router.gatewayPath("/_auth/staff/login") == .endpoint(realm: 1, rest: 12..<18))
        #expect(router.gatewayPath("/_auth/staffing") == .endpoint(realm: 0, rest: 6..<15))
        #expect(router.gatewayPath("/_authority") == nil)
        #expect(router.gatewayPath("/_AUTH/login") == nil)
        #expect(router.gatewayPath("/") == nil)
        #expect(router.gatewayPath("/.well-known/change-password") == .changePassword(realm: 0))
        let absent = "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200"
        #expect(router.gatewayPath(absent) == .absent)
        #expect(router.gatewayPath("/.well-known/change-password/") == nil)
        #expect(router.gatewayPath("/_auth/login", site: 1) == nil)
        #expect(router.gatewayPath("/.well-known/change-password", site: 1) == nil)
    }
}
