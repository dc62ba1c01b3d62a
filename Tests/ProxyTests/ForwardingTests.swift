import GatewayConfig
import HTTP1
import RandomTestSupport
import Testing
import Transport

@testable import Proxy

@Suite struct ProtectedNamesTests {
    private let names = ProtectedNames(["X-User-Id", "Remote-User", "X-Auth-Request-*", "Proxy"])

    private func contains(_ name: String) -> Bool {
        Array(name.utf8).withUnsafeBytes { names.contains($0) }
    }

    @Test(arguments: [
        "X-User-Id", "x-user-id", "X-USER-ID", "X_User_Id", "x.user.id", "x user-id", "x~user^id",
        "X\u{0}User-Id",
        "remote_user", "REMOTE.USER", "proxy", "PROXY", "X-Auth-Request-Email", "x_auth_request_groups",
        "X.Auth.Request-", "X-Auth-Request-",
    ])
    func `every spelling of a name is the name`(name: String) {
        #expect(contains(name))
    }

    @Test(arguments: [
        "", "X", "X-User", "X-User-Id2", "X-User-Idd", "XX-User-Id", "XUserId", "X--User-Id",
        "X-Auth-Request",
        "X-Auth-Reques", "Prox", "Proxyx", "Proxy-Authorization", "Remote-Use", "é",
    ])
    func `another name is not`(name: String) {
        #expect(!contains(name))
    }

    @Test func `any byte that is no letter and no digit stands for the hyphen`() {
        for byte in UInt8.min...UInt8.max {
            var name = Array("X-User-Id".utf8)
            name[1] = byte
            let isAlphanumeric =
                (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
            let found = name.withUnsafeBytes { names.contains($0) }
            // `*` means a prefix in configured names; in a field name it stands for itself.
            #expect(found == !isAlphanumeric || byte == UInt8(ascii: "*"), "byte \(byte)")
        }
    }

    @Test func `names of any length are told apart`() {
        let all = (1...200).map { String(repeating: "a", count: $0) }
        let odd = ProtectedNames(all.enumerated().filter { $0.offset % 2 == 0 }.map(\.element))
        for (index, name) in all.enumerated() {
            #expect(Array(name.utf8).withUnsafeBytes { odd.contains($0) } == (index % 2 == 0))
        }
    }
}

@Suite struct CookieFilterTests {
    private static let names = [Array("gatehouse_session".utf8), Array("__Host-other".utf8)]

    private func filtered(_ value: String) -> String? {
        let out = ByteBuffer(capacity: 16)
        let kept = Array(value.utf8).withUnsafeBytes {
            CookieFilter.write($0, without: Self.names, into: out)
        }
        return kept ? String(decoding: Array(out.readable), as: UTF8.self) : nil
    }

    @Test(arguments: [
        ("gatehouse_session=x", nil),
        ("gatehouse_session=", nil),
        ("gatehouse_session", nil),
        ("gatehouse_session=x; gatehouse_session=y", nil),
        ("gatehouse_session=x; __Host-other=y", nil),
        ("a=1; gatehouse_session=x", "a=1"),
        ("gatehouse_session=x; a=1", "a=1"),
        ("gatehouse_session=x;a=1", "a=1"),
        ("a=1; gatehouse_session=x; b=2", "a=1; b=2"),
        ("a=1;gatehouse_session=x;b=2", "a=1;b=2"),
        ("a=1; gatehouse_session=x; gatehouse_session=y; b=2", "a=1; b=2"),
        ("a=1 ; gatehouse_session = x ; b=2", "a=1 ; b=2"),
        ("a=1;\tgatehouse_session\t=x", "a=1"),
        ("b=2; a=\"q;gatehouse_session=x\"", "b=2; a=\"q"),
        ("a=b=c; gatehouse_session=x=y", "a=b=c"),
    ])
    func `our cookies are taken out`(value: String, kept: String?) {
        #expect(filtered(value) == kept)
    }

    @Test(arguments: [
        "a=1", "a=1; b=2", "a=1;b=2;;", "; a", "  a  =  1  ", "a=1;", "", ";", "a=\"x y\"",
        "xgatehouse_session=1", "a=gatehouse_session; b=2",
        "gatehouse_sessions=1", "Gatehouse_Session=1", "GATEHOUSE_SESSION=1", "__host-other=1",
        "a=gatehouse_session;;  b=2 ;", "; xgatehouse_session=1", "\tgatehouse_session2=1;",
    ])
    func `a value without a cookie of ours stays byte for byte`(value: String) {
        #expect(filtered(value) == value)
    }

    /// What a server would read out of the result, against the same of the value with ours left out.
    @Test(arguments: 0..<20)
    func `any value keeps the others in order, and none of ours`(seed: Int) {
        var random = SeededRandom(seed)
        let parts = [
            "gatehouse_session", "__Host-other", "a", "b", "=", "=", ";", ";", " ", "\t", "x", "\"", ",",
        ]
        for _ in 0..<1_000 {
            let value = (0..<Int.random(in: 0...14, using: &random))
                .map { _ in parts.randomElement(using: &random) ?? "" }.joined()
            let expected = Self.pairs(value).filter { !Self.isOurs($0) }
            let result = filtered(value)
            #expect(Self.pairs(result ?? "") == expected, "\(value.debugDescription)")
        }
    }

    private static func pairs(_ value: String) -> [String] {
        value.split(separator: ";").map { trimmed(String($0)) }.filter { !$0.isEmpty }
    }

    private static func isOurs(_ pair: String) -> Bool {
        let name = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).first ?? ""
        return names.contains(Array(trimmed(String(name)).utf8))
    }

    private static func trimmed(_ text: String) -> String {
        var part = Substring(text)
        while let first = part.first, first == " " || first == "\t" { part.removeFirst() }
        while let last = part.last, last == " " || last == "\t" { part.removeLast() }
        return String(part)
    }
}

@Suite struct PathRewriteTests {
    private func apply(_ path: String, strip: String? = nil, segments: Int = 0, rewrite: String? = nil)
        -> String?
    {
        let result = Array(path.utf8).withUnsafeBytes {
            PathRewrite.apply(
                $0, strip: strip.map { Array($0.utf8) }, segments: segments,
                rewrite: rewrite.map { Array($0.utf8) })
        }
        return result.map { String(decoding: $0, as: UTF8.self) }
    }

    @Test(arguments: [
        ("/api/users", "/api", "/users"), ("/api/users/", "/api", "/users/"), ("/api", "/api", "/"),
        ("/api/", "/api", "/"), ("/api/users", "/api/", "/users"), ("/a/b/c", "/a/b", "/c"),
        ("/api%2Fx/y", "/api%2Fx", "/y"), ("/apis/x", "/api", nil), ("/ap", "/api", nil), ("/x", "/api", nil),
        ("/API/x", "/api", nil), ("/", "/api", nil), ("/x", "", "/x"), ("/x", "/", "/x"),
    ])
    func `a prefix is taken off on a segment boundary only`(path: String, strip: String, result: String?) {
        #expect(apply(path, strip: strip) == result)
    }

    @Test(arguments: [
        ("/old/a/b", 1, "/new", "/new/a/b"), ("/old", 1, "/new", "/new"), ("/old/", 1, "/new", "/new/"),
        ("/old/a", 1, "/new/", "/new/a"), ("/old/a", 1, "/", "/a"), ("/a/b/c", 2, "/x/y", "/x/y/c"),
        ("/exact", Int.max, "/other", "/other"),
        ("/exact", Int.max, "/other/", "/other/"), ("/old", 1, "/", "/"), ("/old", 1, "/new/", "/new/"),
        ("/a/b/c", Int.max, "/", "/"),
        ("/old/a/", 1, "/new", "/new/a/"),
    ])
    func `segments are replaced`(path: String, segments: Int, rewrite: String, result: String) {
        #expect(apply(path, segments: segments, rewrite: rewrite) == result)
    }

    @Test func `a prefix that is taken off and another put in front`() {
        #expect(apply("/api/v1/x", strip: "/api/v1", rewrite: "/v2") == "/v2/x")
        #expect(apply("/api/v1", strip: "/api/v1", rewrite: "/v2") == "/v2")
    }

    @Test(arguments: ["/a/..", "/a/../b", "/./a", "/..", "/.", "//a", "/a//b"])
    func `a result that is not canonical is refused`(rewrite: String) {
        #expect(apply("/x/y", segments: 1, rewrite: rewrite) == nil)
        #expect(apply("/x", segments: 1, rewrite: rewrite) == nil)
        #expect(apply("/x/..", strip: "/x") == nil)
    }
}

@Suite struct PathMatcherTests {
    private func matches(_ pattern: PathPattern, _ path: String) -> Bool {
        Array(path.utf8).withUnsafeBytes { PathMatcher(pattern).matches($0) }
    }

    private func literal(_ text: String) -> PathPattern.Segment { .literal(Array(text.utf8)) }

    @Test(arguments: [
        ("/health", true), ("/health/", false), ("/healthy", false), ("/healt", false), ("/", false),
        ("", false), ("/Health", false), ("/health/x", false),
    ])
    func `an exact pattern matches itself`(path: String, isMatch: Bool) {
        let pattern = PathPattern(text: "/health", segments: [literal("health")], matchesBelow: false)
        #expect(matches(pattern, path) == isMatch)
    }

    @Test(arguments: [
        ("/static", true), ("/static/", true), ("/static/a/b", true), ("/statics", false), ("/", false),
        ("/stat", false),
    ])
    func `a directory matches itself and all below`(path: String, isMatch: Bool) {
        let pattern = PathPattern(text: "/static/*", segments: [literal("static")], matchesBelow: true)
        #expect(matches(pattern, path) == isMatch)
    }

    @Test(arguments: [
        ("/users/7/x", true), ("/users//x", false), ("/users/7/y", false), ("/users/7", false),
        ("/users/7/x/", false),
    ])
    func `a placeholder matches one segment that is not empty`(path: String, isMatch: Bool) {
        let pattern = PathPattern(
            text: "/users/{id}/x", segments: [literal("users"), .any, literal("x")], matchesBelow: false)
        #expect(matches(pattern, path) == isMatch)
    }

    @Test(arguments: [("/", true), ("/a", false), ("", true)])
    func `the root matches the root`(path: String, isMatch: Bool) {
        #expect(
            matches(PathPattern(text: "/", segments: [], matchesBelow: false), path) == isMatch)
        #expect(matches(PathPattern(text: "/*", segments: [], matchesBelow: true), path))
    }
}

@Suite struct ForwardingRulesTests {
    private func accepts(_ fields: String, change: (inout Settings) -> Void = { _ in }) throws -> Bool {
        var settings = Settings()
        settings.realms = [RealmSettings(name: "main")]
        settings.realms[0].cookie = "gatehouse_session"
        change(&settings)
        let rules = ForwardingRules(settings: settings)
        let bytes = Array("GET / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n".utf8)
        var head = RequestHead()
        guard
            case .complete = head.parse(
                bytes.span, limits: HeadLimits(headerSize: 16_384, headerCount: 100, uri: 8_192))
        else {
            // Names that HTTP itself needs are refused before the rules see them.
            return false
        }
        return bytes.withUnsafeBytes { rules.accepts(head, $0) }
    }

    @Test(arguments: [
        "Connection: close", "Connection: keep-alive", "Connection: Keep-Alive, TE", "Connection: TE, close",
        "Connection: X-Own", "Connection: , ,close,", "Connection: Upgrade\r\nUpgrade: h2c", "X_Own: 1",
        "X.Own: 1", "My_Header: 1", "Connection: HTTP2-Settings, x-trace",
    ])
    func `what names nothing of ours passes`(fields: String) throws {
        #expect(try accepts(fields))
    }

    @Test(arguments: [
        "X_User_Id: 1", "x_user.id: 1", "Content_Length: 1", "Transfer_Encoding: chunked",
        "X_Forwarded_For: a",
        "Cookie_: 1\r\nAuthorization_: x\r\nX.Real.IP: 1", "Remote_User: root", "X_Auth_Request_Email: a",
        "Connection: X-User-Id", "Connection: close, x-user-id", "Connection: Cookie",
        "Connection:Authorization",
        "Connection: close\r\nConnection: X-Forwarded-For", "Connection: X_User_Roles",
        "Connection:\tHost\t,close",
        "Connection: Content-Length", "Connection: X-Request-Id", "Connection: proxy",
        "Connection: X-Envoy-Peer",
    ])
    func `another spelling of a name that matters, or Connection with its name, is refused`(fields: String)
        throws
    {
        #expect(try !accepts(fields))
    }

    @Test func `configured names count like the built-in ones`() throws {
        let change: (inout Settings) -> Void = {
            $0.headers.userID = "User-Id"
            $0.headers.strip = ["X-Own-*"]
            $0.headers.requestID = "X-Trace"
        }
        for fields in [
            "User_Id: 1", "Connection: User-Id", "X_Own_Thing: 1", "Connection: x-own-thing", "X_Trace: 1",
        ] {
            #expect(try !accepts(fields, change: change), "\(fields)")
        }
    }
}
