import HTTP1
import HTTPCore
import Testing

@Suite("RequestHead")
struct RequestHeadTests {
    @Test func `takes a request to pieces`() {
        let message =
            "POST /a/b?x=1&y=? HTTP/1.1⏎Host: Example.com:8080⏎X-Foo:  bar baz ⇥⏎X-Empty:⏎"
            + "Content-Length: 42⏎Cookie: a=1⏎cookie: b=2⏎⏎rest"
        let parsed = parse(message)
        let head = parsed.head

        #expect(parsed.result == .complete(length: wire(message).count - 4))
        #expect(head.method == .post)
        #expect(parsed.text(head.target) == "/a/b?x=1&y=?")
        #expect(parsed.text(head.path) == "/a/b")
        #expect(head.query.map(parsed.text) == "x=1&y=?")
        #expect(parsed.text(head.host) == "Example.com:8080")
        #expect(head.minorVersion == 1)
        #expect(head.framing == .length(42))
        #expect(head.cookieLineCount == 2)
        #expect(head.keepsAlive)
        let names = head.fields.map { parsed.text($0.name) }
        #expect(names == ["Host", "X-Foo", "X-Empty", "Content-Length", "Cookie", "cookie"])
        let values = head.fields.map { parsed.text($0.value) }
        #expect(values == ["Example.com:8080", "bar baz", "", "42", "a=1", "b=2"])
        let ids = head.fields.map(\.id)
        #expect(ids == [.host, .other, .other, .contentLength, .cookie, .cookie])
    }

    @Test func `starts over after reset and keeps nothing of the request before`() {
        var head = RequestHead()
        let first = wire(
            "OPTIONS http://a/x?y HTTP/1.0⏎Host: b⏎Cookie: c⏎Connection: keep-alive, x⏎Content-Length: 1⏎"
                + "Max-Forwards: 3⏎Upgrade: y⏎X_Y: 1⏎⏎")
        #expect(head.parse(first.span, limits: defaultLimits) == .complete(length: first.count))
        head.reset()
        let second = wire("GET / HTTP/1.1⏎Host: c⏎⏎")
        let result = head.parse(second.span, limits: defaultLimits)

        #expect(
            summary(Parsed(head: head, result: result, bytes: second))
                == summary(parse("GET / HTTP/1.1⏎Host: c⏎⏎")))
    }

    @Test func `tolerates one empty line before a request and no second one`() {
        #expect(parse("⏎GET / HTTP/1.1⏎Host: a⏎⏎").result == .complete(length: 29))
        #expect(parse("⏎⏎GET / HTTP/1.1⏎Host: a⏎⏎").refusal?.status == 400)
        #expect(parse("␊GET / HTTP/1.1⏎Host: a⏎⏎").refusal?.status == 400)
        #expect(parse(String(repeating: "⏎", count: 10_000)).refusal?.status == 400)
    }

    @Test(arguments: [
        ("GET", Method.get), ("HEAD", .head), ("POST", .post), ("PUT", .put), ("DELETE", .delete),
        ("OPTIONS", .options), ("PATCH", .patch), ("get", .other), ("Get", .other), ("PROPFIND", .other),
        ("GETX", .other), ("PU", .other), ("X-HTTP~METHOD", .other),
    ])
    func `knows methods byte for byte`(_ name: String, _ method: Method) {
        let parsed = parse("\(name) / HTTP/1.1⏎Host: a⏎⏎")
        #expect(parsed.isComplete)
        #expect(parsed.head.method == method)
        #expect(parsed.text(parsed.head.methodRange) == name)
        #expect(method == .other || method.name == name)
    }

    @Test(arguments: [("CONNECT", "a:80"), ("CONNECT", "/"), ("CONNECT", "a"), ("TRACE", "/")])
    func `does not take CONNECT and TRACE`(_ method: String, _ target: String) {
        #expect(
            parse("\(method) \(target) HTTP/1.1⏎Host: a⏎⏎").refusal == RequestRefusal(status: 405, .method))
    }

    @Test(arguments: [
        ("http://b.example/x?q", "b.example", "/x", "q"), ("HTTP://b:81/", "b:81", "/", nil),
        ("https://[::1]:8443/x", "[::1]:8443", "/x", nil), ("http://b", "b", "", nil),
        ("http://b?q", "b", "", "q"),
    ])
    func `takes the host from an absolute target, whatever Host says`(
        _ target: String, _ host: String, _ path: String, _ query: String?
    ) {
        let parsed = parse("GET \(target) HTTP/1.1⏎Host: a⏎⏎")
        #expect(parsed.isComplete)
        #expect(parsed.text(parsed.head.host) == host)
        #expect(parsed.head.authority == parsed.head.host)
        #expect(parsed.text(parsed.head.path) == path)
        #expect(parsed.head.query.map(parsed.text) == query)
    }

    @Test func `takes an asterisk from OPTIONS only`() {
        #expect(parse("OPTIONS * HTTP/1.1⏎Host: a⏎⏎").head.isAsteriskForm)
        #expect(parse("OPTIONS http://a HTTP/1.1⏎Host: a⏎⏎").head.isAsteriskForm)
        #expect(!parse("OPTIONS http://a/ HTTP/1.1⏎Host: a⏎⏎").head.isAsteriskForm)
        #expect(parse("GET * HTTP/1.1⏎Host: a⏎⏎").refusal?.status == 400)
    }

    @Test(arguments: [
        ("HTTP/1.1", "", true), ("HTTP/1.1", "Connection: close⏎", false),
        ("HTTP/1.1", "Connection: x⏎Connection: Foo, ⇥CLOSE ,⏎", false),
        ("HTTP/1.1", "Connection: closed⏎", true),
        ("HTTP/1.1", "Connection: keep-alive, close⏎", false), ("HTTP/1.0", "", false),
        ("HTTP/1.0", "Connection: Keep-Alive⏎", true), ("HTTP/1.0", "Connection: keep-alive, close⏎", false),
        ("HTTP/1.2", "", true), ("HTTP/1.9", "Connection: close⏎", false),
    ])
    func `keeps the connection by version and option`(_ version: String, _ lines: String, _ keeps: Bool) {
        let parsed = parse("GET / \(version)⏎Host: a⏎\(lines)⏎")
        #expect(parsed.isComplete)
        #expect(parsed.head.keepsAlive == keeps)
    }

    @Test func `marks hop-by-hop lines and those that Connection names, in any case`() {
        let parsed = parse(
            "GET / HTTP/1.1⏎Host: a⏎X-One: 1⏎Connection: ,, x-ONE ,⏎x-one: 2⏎X-On: 3⏎TE: trailers⏎Keep-Alive: 5⏎"
                + "Connection: http2-settings, te, X-Three⏎HTTP2-Settings: x⏎Accept: y⏎x-three: 4⏎⏎")
        let dropped = parsed.head.fields.filter(\.isHopByHop).map { parsed.text($0.name) }
        #expect(
            dropped == [
                "X-One", "Connection", "x-one", "TE", "Keep-Alive", "Connection", "HTTP2-Settings", "x-three",
            ])
        #expect(parsed.head.mayHaveSuspiciousFields)
    }

    @Test(arguments: [
        "Host", "content-length", "Transfer-Encoding", "COOKIE", "authorization", "X-Forwarded-For",
        "forwarded",
        "Via", "expect", "origin", "x-request-id",
    ])
    func `refuses a Connection that names what routing, framing or identity rest on`(_ name: String) {
        let refusal = parse("GET / HTTP/1.1⏎Host: a⏎Connection: close, \(name)⏎⏎").refusal
        #expect(refusal == RequestRefusal(.connection))
    }

    @Test func `refuses a Connection that names more fields than anybody has`() {
        let names = (0..<17).map { "x\($0)" }.joined(separator: ",")
        #expect(parse("GET / HTTP/1.1⏎Host: a⏎Connection: \(names)⏎⏎").refusal == RequestRefusal(.connection))
        #expect(parse("GET / HTTP/1.1⏎Host: a⏎Connection: \(names.dropLast(4))⏎⏎").isComplete)
    }

    @Test(arguments: [
        ("X-User-Id", false), ("X_User_Id", true), ("x.user.id", true), ("X-User-Id_", true), ("A1", false),
        ("a~", true), ("!#$%&'*+-.^_`|~", true),
    ])
    func `tells names that other readers fold`(_ name: String, _ isUnusual: Bool) {
        let parsed = parse("GET / HTTP/1.1⏎Host: a⏎\(name): v⏎⏎")
        #expect(parsed.head.fields[1].hasUnderscoreOrDot == isUnusual)
        #expect(parsed.head.mayHaveSuspiciousFields == isUnusual)
    }

    @Test(arguments: [
        ("GET", "HTTP/1.1", "Upgrade: websocket⏎Connection: Upgrade⏎", true),
        ("GET", "HTTP/1.1", "Upgrade: WebSocket⏎Connection: keep-alive, upgrade⏎", true),
        ("GET", "HTTP/1.1", "Upgrade: websocket, h2c⏎Connection: Upgrade, HTTP2-Settings⏎", true),
        ("GET", "HTTP/1.1", "Upgrade: h2c⏎Connection: Upgrade⏎", false),
        ("GET", "HTTP/1.1", "Upgrade: websocket/13⏎Connection: Upgrade⏎", false),
        ("GET", "HTTP/1.1", "Upgrade: websocket⏎", false), ("GET", "HTTP/1.1", "Connection: Upgrade⏎", false),
        ("GET", "HTTP/1.0", "Upgrade: websocket⏎Connection: Upgrade⏎", false),
        ("POST", "HTTP/1.1", "Upgrade: websocket⏎Connection: Upgrade⏎", false),
        ("GET", "HTTP/1.1", "Upgrade: websocket⏎Connection: Upgrade⏎Content-Length: 1⏎", false),
    ])
    func `takes only a proper handshake for a WebSocket`(
        _ method: String, _ version: String, _ lines: String, _ isHandshake: Bool
    ) {
        let parsed = parse("\(method) / \(version)⏎Host: a⏎\(lines)⏎")
        #expect(parsed.isComplete)
        #expect(parsed.head.upgradesToWebSocket == isHandshake)
    }

    @Test(arguments: [
        ("HTTP/1.1", "Expect: 100-continue⏎Content-Length: 5⏎", true),
        ("HTTP/1.1", "Expect: 100-Continue⏎Transfer-Encoding: chunked⏎", true),
        ("HTTP/1.1", "Expect: 100-continue⏎", false),
        ("HTTP/1.1", "Expect: 100-continue⏎Content-Length: 0⏎", false),
        ("HTTP/1.0", "Expect: 100-continue⏎Content-Length: 5⏎", false),
        ("HTTP/1.0", "Expect: meow⏎Content-Length: 5⏎", false),
    ])
    func `expects 100 only where a body waits for it`(_ version: String, _ lines: String, _ expects: Bool) {
        let parsed = parse("POST / \(version)⏎Host: a⏎\(lines)⏎")
        #expect(parsed.isComplete)
        #expect(parsed.head.expectsContinue == expects)
    }

    @Test(arguments: ["meow", "y 100-continue", "100-continue, 100-continue", "", "100", "100-continue;q=1"])
    func `answers an expectation it does not know with 417`(_ value: String) {
        let message = "POST / HTTP/1.1⏎Host: a⏎Expect: \(value)⏎Content-Length: 5⏎⏎"
        #expect(parse(message).refusal == RequestRefusal(status: 417, .expect))
    }

    @Test func `reads Max-Forwards of OPTIONS only`() {
        #expect(parse("OPTIONS / HTTP/1.1⏎Host: a⏎Max-Forwards: 0⏎⏎").head.maxForwards == 0)
        #expect(parse("OPTIONS * HTTP/1.1⏎Host: a⏎Max-Forwards: 5⏎⏎").head.maxForwards == 5)
        #expect(parse("GET / HTTP/1.1⏎Host: a⏎Max-Forwards: x⏎⏎").head.maxForwards == nil)
        for value in ["x", "", "-1", "1⏎Max-Forwards: 1", "99999999999999999999"] {
            let refusal = parse("OPTIONS / HTTP/1.1⏎Host: a⏎Max-Forwards: \(value)⏎⏎").refusal
            #expect(refusal == RequestRefusal(.maxForwards))
        }
    }

    @Test func `has a body where the head says so, whatever the method`() {
        for method in ["GET", "HEAD", "DELETE", "OPTIONS", "POST"] {
            #expect(parse("\(method) / HTTP/1.1⏎Host: a⏎Content-Length: 7⏎⏎").head.framing == .length(7))
            #expect(
                parse("\(method) / HTTP/1.1⏎Host: a⏎Transfer-Encoding: Chunked⏎⏎").head.framing == .chunked)
            #expect(parse("\(method) / HTTP/1.1⏎Host: a⏎⏎").head.framing == .none)
        }
    }

    @Test func `asks no Host of HTTP/1.0`() {
        let parsed = parse("GET / HTTP/1.0⏎⏎")
        #expect(parsed.isComplete)
        #expect(parsed.head.host.isEmpty)
        #expect(parse("GET / HTTP/1.0⏎Host: a/b⏎⏎").refusal == RequestRefusal(.host))
    }
}
