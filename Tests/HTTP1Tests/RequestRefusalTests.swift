import HTTP1
import HTTPCore
import Testing

@Suite("RequestHead refusals")
struct RequestRefusalTests {
    @Test(arguments: RequestCorpus.framing)
    func `refuses framing that two readers could take for different ones`(_ message: String) {
        #expect(parse(message).refusal == RequestRefusal(.framing))
    }

    @Test(arguments: RequestCorpus.lines)
    func `refuses a line outside the grammar`(_ message: String, _ reason: RequestRefusal.Reason) {
        #expect(parse(message).refusal == RequestRefusal(reason))
    }

    @Test(arguments: RequestCorpus.requestLines)
    func `refuses a request line outside the grammar`(_ line: String, _ status: Int) {
        #expect(parse("\(line)⏎Host: a⏎⏎").refusal?.status == status)
    }

    @Test(arguments: RequestCorpus.hosts)
    func `refuses a host that is none`(_ host: String) {
        #expect(parse("GET / HTTP/1.1⏎Host: \(host)⏎⏎").refusal == RequestRefusal(.host))
    }

    @Test(arguments: ["", "Host: a⏎Host: a⏎", "Host: a⏎Host: b⏎", "Host: a⏎host:⏎"])
    func `wants exactly one Host of HTTP/1.1`(_ lines: String) {
        #expect(parse("GET / HTTP/1.1⏎\(lines)⏎").refusal == RequestRefusal(.host))
        #expect(parse("GET http://b/ HTTP/1.1⏎\(lines)⏎").refusal == RequestRefusal(.host))
    }

    @Test(arguments: [
        "a", "A.b-C_d.example", "a.", "localhost:1", "a:65535", "127.0.0.1", "1.2.3.4:80", "[::]", "[::1]:80",
        "[1:2:3:4:5:6:7:8]", "[1::8]", "[1:2:3:4:5:6:7::]", "[::ffff:1.2.3.4]", "[1:2:3:4:5:6:1.2.3.4]",
        "[ABCD::ef]",
        String(repeating: "a", count: 255),
    ])
    func `takes a host that is one`(_ host: String) {
        #expect(parse("GET / HTTP/1.1⏎Host: \(host)⏎⏎").isComplete)
    }

    @Test(arguments: RequestCorpus.foreign)
    func `refuses another protocol as soon as it shows, without a line end`(_ message: String) {
        let bytes = wire(message)
        #expect(parse(bytes).refusal?.status == 400)
        let early = parse(bytes, cutAt: 0...bytes.count)
        #expect(early.refusal?.status == 400)
    }

    @Test func `sees TLS, HTTP/2 and PROXY in their first bytes`() {
        #expect(parse("\u{16}").refusal == RequestRefusal(.notHTTP1))
        #expect(parse("PRI ").refusal == RequestRefusal(.notHTTP1))
        #expect(parse("PROXY ").refusal == RequestRefusal(.notHTTP1))
        #expect(parse("GET /x⏎").refusal == RequestRefusal(.notHTTP1))
    }

    @Test func `stays refused until reset`() {
        var head = RequestHead()
        let bad = wire("GET / HTTP/1.1⏎Host : a⏎⏎")
        let good = wire("GET / HTTP/1.1⏎Host: a⏎⏎")
        #expect(head.parse(bad.span, limits: defaultLimits) == .refused(RequestRefusal(.headerName)))
        #expect(head.parse(good.span, limits: defaultLimits) == .refused(RequestRefusal(.headerName)))
        head.reset()
        #expect(head.parse(good.span, limits: defaultLimits) == .complete(length: good.count))
    }

    @Test(arguments: [255, 256, 257, 65_535, 65_536, 65_792])
    func `does not take the end of a long name for a name`(_ length: Int) {
        let limits = HeadLimits(headerSize: 100_000, headerCount: 100, uri: 100)
        let hidden = "content-length:7"
        let name = String(repeating: "a", count: length - hidden.count) + hidden
        let parsed = parse("POST / HTTP/1.1⏎Host: a⏎\(name): 5⏎⏎", limits: limits)
        #expect(parsed.isComplete)
        #expect(parsed.head.contentLength == nil)
        #expect(parsed.head.fields[1].name.count == length - 2)
    }
}
