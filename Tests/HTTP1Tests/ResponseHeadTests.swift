import HTTP1
import HTTPCore
import RandomTestSupport
import Testing

@Suite("ResponseHead")
struct ResponseHeadTests {
    private func parse(_ message: String, limits: HeadLimits = defaultLimits) -> (ResponseHead, ResponseParse)
    {
        let bytes = wire(message)
        var head = ResponseHead()
        let result = head.parse(bytes.span, limits: limits)
        return (head, result)
    }

    private func fault(_ message: String) -> ResponseFault? {
        if case .malformed(let fault) = parse(message).1 { fault } else { nil }
    }

    static let good = [
        "HTTP/1.1 200 OK⏎Content-Length: 2⏎⏎ok", "HTTP/1.1 200⏎⏎", "HTTP/1.1 200 ⏎A:b⏎⏎",
        "HTTP/1.0 404 Not Found⏎⏎",
        "HTTP/1.1 503 \u{e9}\u{ff}⇥x⏎Transfer-Encoding: chunked⏎⏎", "HTTP/1.9 304 x⏎Content-Length: 5⏎⏎",
        "HTTP/1.1 101 Switching Protocols⏎Upgrade: websocket⏎Connection: Upgrade⏎⏎",
        "HTTP/1.1 200 OK⏎Connection: x-a, set-cookie⏎Set-Cookie: a⏎X-A: b⏎⏎",
    ]

    static let bad: [(String, ResponseFault)] = [
        ("garbage⏎⏎", .statusLine), ("hello⏎", .statusLine), ("⏎HTTP/1.1 200 OK⏎⏎", .statusLine),
        ("http/1.1 200 OK⏎⏎", .statusLine), ("HTTP/1.1200 OK⏎⏎", .statusLine), ("HTTP/1.1⏎⏎", .statusLine),
        ("HTTP/1.1  200 OK⏎⏎", .status), ("HTTP/2.0 200 OK⏎⏎", .version), ("HTTP/0.9 200 OK⏎⏎", .version),
        ("HTTP/1.1 99 x⏎⏎", .status), ("HTTP/1.1 099 x⏎⏎", .status), ("HTTP/1.1 1000 x⏎⏎", .status),
        ("HTTP/1.1 2000⏎⏎", .status), ("HTTP/1.1 600 x⏎⏎", .status), ("HTTP/1.1 20 x⏎⏎", .status),
        ("HTTP/1.1 2x0 x⏎⏎", .status), ("HTTP/1.1 +20 x⏎⏎", .status), ("HTTP/1.1 200⇥OK⏎⏎", .status),
        ("HTTP/1.1 200 OK␊⏎", .lineEnd), ("HTTP/1.1 200␊⏎", .lineEnd), ("HTTP/1.1 200 O␍K⏎⏎", .lineEnd),
        ("HTTP/1.1 200 O␀K⏎⏎", .statusLine), ("HTTP/1.1 200 OK⏎NoColon⏎⏎", .headerName),
        ("HTTP/1.1 200 OK⏎A : b⏎⏎", .headerName), ("HTTP/1.1 200 OK⏎: b⏎⏎", .headerName),
        ("HTTP/1.1 200 OK⏎A: b⏎ c⏎⏎", .folded), ("HTTP/1.1 200 OK⏎⇥A: b⏎⏎", .folded),
        ("HTTP/1.1 200 OK⏎A: b␀⏎⏎", .headerValue), ("HTTP/1.1 200 OK⏎A: b␍c⏎⏎", .lineEnd),
        ("HTTP/1.1 200 OK⏎A: b␊⏎", .lineEnd), ("HTTP/1.1 200 OK⏎A: b⏎␊", .lineEnd),
        ("HTTP/1.1 200 OK⏎Content-Length: 2⏎Transfer-Encoding: chunked⏎⏎", .framing),
        ("HTTP/1.1 200 OK⏎Content-Length: 2⏎Content-Length: 3⏎⏎", .framing),
        ("HTTP/1.1 200 OK⏎Content-Length: 2⏎Content-Length: 2⏎⏎", .framing),
        ("HTTP/1.1 200 OK⏎Content-Length: 2, 2⏎⏎", .framing),
        ("HTTP/1.1 200 OK⏎Content-Length: -2⏎⏎", .framing),
        ("HTTP/1.1 200 OK⏎Content-Length: x⏎⏎", .framing), ("HTTP/1.1 200 OK⏎Content-Length:⏎⏎", .framing),
        ("HTTP/1.1 200 OK⏎Content-Length: 9223372036854775808⏎⏎", .framing),
        ("HTTP/1.1 200 OK⏎Transfer-Encoding: chunked, gzip⏎⏎", .framing),
        ("HTTP/1.1 200 OK⏎Transfer-Encoding: gzip⏎⏎", .framing),
        ("HTTP/1.1 200 OK⏎Transfer-Encoding: chunked⏎Transfer-Encoding: chunked⏎⏎", .framing),
        ("HTTP/1.0 200 OK⏎Transfer-Encoding: chunked⏎⏎", .framing),
        ("HTTP/1.1 200 OK⏎Connection: \"x\"⏎⏎", .connection),
    ]

    @Test func `takes a response to pieces`() {
        let (head, result) = parse(
            "HTTP/1.1 201 Whatever⏎Content-Length: 2⏎Set-Cookie: a=b; Path=/⏎X_Y:z⏎⏎ok")
        #expect(
            result
                == .complete(
                    length: wire("HTTP/1.1 201 Whatever⏎Content-Length: 2⏎Set-Cookie: a=b; Path=/⏎X_Y:z⏎⏎")
                        .count))
        #expect(head.status == 201)
        #expect(head.contentLength == 2)
        #expect(head.keepsAlive)
        let ids = head.fields.map(\.id)
        #expect(ids == [.contentLength, .setCookie, .other])
    }

    @Test(arguments: bad)
    func `refuses a malformed response`(_ message: String, _ expected: ResponseFault) {
        #expect(fault(message) == expected)
    }

    @Test(arguments: good)
    func `takes a response that is well-formed`(_ message: String) {
        #expect(fault(message) == nil)
        #expect(parse(message).1 != .incomplete)
    }

    @Test(arguments: good + bad.map(\.0))
    func `gives one answer however the bytes arrive`(_ message: String) {
        let bytes = wire(message)
        let whole = parse(message).1
        for cut in 0...bytes.count {
            var anew = ResponseHead()
            let first = anew.parse(bytes.span.extracting(0..<cut), limits: defaultLimits)
            #expect(first == .incomplete || first == whole)
            #expect(anew.parse(bytes.span, limits: defaultLimits) == whole)
        }
        var head = ResponseHead()
        var result = head.parse(bytes.span.extracting(0..<0), limits: defaultLimits)
        for count in 1...bytes.count where result == .incomplete {
            result = head.parse(bytes.span.extracting(0..<count), limits: defaultLimits, continuing: true)
        }
        #expect(result == whole)
        if case .complete = result { #expect(head.fields == parse(message).0.fields) }
    }

    @Test(arguments: 0..<20)
    func `survives any bytes`(_ seed: Int) {
        var random = SeededRandom(seed)
        let corpus = (Self.good + Self.bad.map(\.0)).map(wire)
        var head = ResponseHead()
        for _ in 0..<500 {
            let bytes = random.mutate(corpus[Int.random(in: 0..<corpus.count, using: &random)])
            guard case .complete(let length) = head.parse(bytes.span, limits: defaultLimits) else { continue }
            #expect(length <= bytes.count)
            #expect((100...599).contains(head.status))
            #expect(head.fields.allSatisfy { bytes[$0.value].allSatisfy { $0 >= 0x20 || $0 == 0x09 } })
        }
    }

    @Test func `enforces its limits`() {
        let limits = HeadLimits(headerSize: 100, headerCount: 2, uri: 0)
        let start = "HTTP/1.1 200 OK⏎"
        #expect(parse(start + "A: b⏎C: d⏎⏎", limits: limits).1 != .malformed(.headerCount))
        #expect(parse(start + "A: b⏎C: d⏎E: f⏎⏎", limits: limits).1 == .malformed(.headerCount))
        let long = String(repeating: "x", count: 100)
        #expect(parse(start + "A: \(long)", limits: limits).1 == .malformed(.headerSize))
        #expect(parse("HTTP/1.1 200 \(long)", limits: limits).1 == .malformed(.headerSize))
        let exact = start + "A: \(String(repeating: "x", count: 100 - 17 - 3 - 4))⏎⏎"
        #expect(parse(exact, limits: limits).1 == .complete(length: 100))
    }

    @Test(arguments: [
        ("HTTP/1.1 200 OK⏎Content-Length: 5⏎⏎", Method.get, BodyFraming.length(5)),
        ("HTTP/1.1 200 OK⏎Content-Length: 5⏎⏎", .head, .none), ("HTTP/1.1 200 OK⏎⏎", .head, .none),
        ("HTTP/1.1 200 OK⏎Transfer-Encoding: chunked⏎⏎", .post, .chunked),
        ("HTTP/1.1 200 OK⏎Transfer-Encoding: chunked⏎⏎", .head, .none),
        ("HTTP/1.1 200 OK⏎⏎", .get, .untilClose),
        ("HTTP/1.1 204 x⏎Content-Length: 5⏎⏎", .get, .none),
        ("HTTP/1.1 304 x⏎Content-Length: 5⏎⏎", .get, .none),
        ("HTTP/1.1 103 x⏎Content-Length: 5⏎⏎", .get, .none),
        ("HTTP/1.1 100 x⏎Transfer-Encoding: chunked⏎⏎", .get, .none),
        ("HTTP/1.1 200 OK⏎Content-Length: 0⏎⏎", .get, .length(0)),
    ])
    func `knows where the body ends`(_ message: String, _ method: Method, _ framing: BodyFraming) {
        let head = parse(message).0
        let found = BodyFraming.ofResponse(
            status: head.status, isChunked: head.isChunked, contentLength: head.contentLength,
            toMethod: method)
        #expect(found == framing)
    }

    @Test(arguments: [
        ("101", "Upgrade: websocket⏎Connection: upgrade⏎", true),
        ("101", "Upgrade: WebSocket⏎Connection: Upgrade⏎", true),
        ("101", "Connection: upgrade⏎", false), ("101", "Upgrade: h2c⏎Connection: upgrade⏎", false),
        ("101", "Upgrade: websocket, h2c⏎Connection: upgrade⏎", false), ("101", "Upgrade: websocket⏎", false),
        ("101", "Upgrade: h2c⏎Upgrade: websocket⏎Connection: upgrade⏎", false),
        ("200", "Upgrade: websocket⏎Connection: upgrade⏎", false),
    ])
    func `knows a switch to the WebSocket protocol`(_ status: String, _ lines: String, _ isSwitch: Bool) {
        #expect(parse("HTTP/1.1 \(status) x⏎\(lines)⏎").0.isUpgradeToWebSocket == isSwitch)
    }

    @Test(arguments: [
        ("HTTP/1.1", "", true), ("HTTP/1.1", "Connection: close⏎", false), ("HTTP/1.0", "", false),
        ("HTTP/1.0", "Connection: keep-alive⏎", true),
    ])
    func `knows whether the connection stays`(_ version: String, _ lines: String, _ stays: Bool) {
        #expect(parse("\(version) 200 x⏎\(lines)⏎").0.keepsAlive == stays)
    }

    @Test func `drops what Connection names unless it is a cookie or a policy`() {
        let message =
            "HTTP/1.1 200 x⏎Connection: x-foo, set-cookie, content-security-policy⏎Strict-Transport-Security: a⏎"
            + "X-Foo: 1⏎Set-Cookie: a⏎Content-Security-Policy: b⏎Connection: strict-transport-security⏎Trailer: z⏎⏎"
        let dropped = parse(message).0.fields.filter(\.isHopByHop).map { text(wire(message), $0.name) }
        #expect(dropped == ["Connection", "X-Foo", "Connection", "Trailer"])
    }
}
