import Foundation
import GatewayConfig
import RandomTestSupport
import Testing

@testable import Proxy

@Suite struct AccessLogTests {
    private func parsed(_ line: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }

    @Test func `a line says who asked for what, and what came of it`() throws {
        let gateway = try Gateway { $0.log.query = .full }
        gateway.origin.answer = { _ in ok("hello") }
        let answer = try gateway.ask(
            "GET /a/b?c=d HTTP/1.1\r\nHost: x.test\r\nUser-Agent: curl\r\nConnection: close\r\n\r\n")

        let lines = gateway.accessLines()
        let line = try parsed(try #require(lines.first))

        #expect(lines.count == 1)
        #expect(line["log"] as? String == "access")
        #expect(line["client"] as? String == "203.0.113.9")
        #expect(line["method"] as? String == "GET")
        #expect(line["host"] as? String == "x.test")
        #expect(line["path"] as? String == "/a/b")
        #expect(line["query"] as? String == "c=d")
        #expect(line["ua"] as? String == "curl")
        #expect(line["status"] as? Int == 200)
        #expect(line["bytes_out"] as? Int == 5)
        #expect(line["upstream"] as? String == "app")
        #expect(line["upstream_status"] as? Int == 200)
        #expect(line["end"] as? String == "ok")
        let id = try #require(line["request_id"] as? String)
        #expect(answer.contains("X-Request-Id: \(id)\r\n"))
    }

    /// Whatever a client says, a line is one line, and JSON.
    @Test(arguments: 0..<20)
    func `a line is JSON whatever bytes the request has`(seed: Int) throws {
        var random = SeededRandom(seed)
        let gateway = try Gateway { $0.log.query = seed % 2 == 0 ? .full : .names }
        gateway.origin.answer = { _ in ok("") }
        let alphabet = Array("ab\"\\/%&=?;: {}[]\u{7f}\t".utf8) + [0, 10, 13, 0x1f, 0x80, 0xc3, 0xff]
        var asked = 0

        for _ in 0..<40 {
            var request = Array("GET /".utf8)
            request += random.bytes(upTo: 12, from: Array("ab\"\\%&=;{}|^`".utf8))
            request += Array("?".utf8) + random.bytes(upTo: 12, from: alphabet)
            request += Array(" HTTP/1.1\r\nHost: x.test\r\nConnection: close\r\nUser-Agent: ".utf8)
            request += random.bytes(upTo: 30, from: alphabet) + Array("\r\nReferer: ".utf8)
            request += random.bytes(upTo: 30, from: alphabet) + Array("\r\n\r\n".utf8)
            let client = try gateway.client()
            client.send(request)
            client.endOutput()
            #expect(gateway.run { client.isOver })
            asked += client.received.isEmpty ? 0 : 1
        }

        let lines = gateway.accessLines()
        #expect(lines.count == asked)
        for line in lines {
            #expect(throws: Never.self, "\(line)") { try parsed(line) }
            #expect(line.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f }, "\(line)")
        }
    }

    @Test func `names from the configuration are escaped too`() throws {
        let gateway = try Gateway { settings in
            settings.upstreams[0].servers[0].endpoint = .unix(path: "/tmp/no \"such\\ socket")
        }
        let client = try gateway.client()
        client.send("GET / HTTP/1.1\r\nHost: x.test\r\n\r\n")
        #expect(gateway.run { client.text.hasPrefix("HTTP/1.1 502 ") })

        let line = try parsed(try #require(gateway.accessLines().last))
        #expect(line["server"] as? String == "unix:/tmp/no \"such\\ socket")
    }

    @Test func `values of a query are not logged unless asked for`() throws {
        let secret = "GET /?token=s3cret&q=s3cret&flag HTTP/1.1\r\nHost: x.test\r\nConnection: close\r\n\r\n"
        for (mode, expected) in [(LogSettings.Query.names, "token&q&flag" as String?), (.off, nil)] {
            let gateway = try Gateway { $0.log.query = mode }
            gateway.origin.answer = { _ in ok("") }
            _ = try gateway.ask(secret)

            let text = try #require(gateway.accessLines().first)
            #expect(try parsed(text)["query"] as? String == expected)
            #expect(!text.contains("s3cret"))
        }
    }

    @Test func `a client's address can be masked, paths left out, and only errors told`() throws {
        let masked = try Gateway { $0.log.clientAddress = .masked }
        masked.origin.answer = { _ in ok("") }
        _ = try masked.ask("GET / HTTP/1.1\r\nHost: x.test\r\nConnection: close\r\n\r\n")
        #expect(try parsed(try #require(masked.accessLines().first))["client"] as? String == "203.0.113.0")

        let choosy = try Gateway("log { exclude /health /static/* }\n" + Gateway.plain)
        choosy.origin.answer = { _ in ok("") }
        for path in ["/health", "/static/a", "/static", "/healthy", "/x"] {
            _ = try choosy.ask("GET \(path) HTTP/1.1\r\nHost: x.test\r\nConnection: close\r\n\r\n")
        }
        let paths = try choosy.accessLines().map { try parsed($0)["path"] as? String }
        #expect(paths == ["/healthy", "/x"])

        let errors = try Gateway { $0.log.access = .errors }
        var status = 200
        errors.origin.answer = { _ in "HTTP/1.1 \(status) X\r\nContent-Length: 0\r\n\r\n" }
        for next in [200, 404, 500, 429, 302] {
            status = next
            _ = try errors.ask("GET / HTTP/1.1\r\nHost: x.test\r\nConnection: close\r\n\r\n")
        }
        #expect(try errors.accessLines().map { try parsed($0)["status"] as? Int } == [500, 429])
    }
}
