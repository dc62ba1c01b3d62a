import GatewayConfig
import Testing

@testable import Proxy

/// Requests through a worker: what the origin gets, what the client gets, and what becomes of the connections.
@Suite struct ExchangeTests {
    private let get = "GET /a HTTP/1.1\r\nHost: x.test\r\n\r\n"

    @Test func `a request goes to the origin and its answer comes back`() throws {
        let gateway = try Gateway()
        gateway.origin.answer = { _ in ok("hello", "X-Own: 1\r\n") }

        let answer = try gateway.ask(
            "GET /a?b=c HTTP/1.1\r\nHost: x.test\r\nConnection: close\r\nAccept: a\r\n\r\n")

        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(answer.hasSuffix("\r\n\r\nhello"))
        #expect(answer.contains("\r\nX-Own: 1\r\n"))
        #expect(answer.contains("\r\nConnection: close\r\n"))
        #expect(answer.contains("\r\nDate: "))
    }

    @Test func `the origin gets what the gateway stands for, and nothing that only the gateway may say`()
        throws
    {
        let gateway = try Gateway()
        var request = ""
        gateway.origin.answer = {
            request = $0
            return ok("")
        }

        _ = try gateway.ask(
            """
            GET /a?b=c HTTP/1.1\r\nHost: x.test\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nX-User-Id: root\r
            Remote-User: root\r\nX-Forwarded-For: 9.9.9.9\r\nX-Request-Id: mine-mine\r\nVia: 1.1 other\r
            Keep-Alive: 5\r\nTE: trailers\r\nAccept: text/html\r\nCookie: a=1; b=2\r\nX_Own: 1\r\n\r\n
            """)

        #expect(request.hasPrefix("GET /a?b=c HTTP/1.1\r\nHost: x.test\r\n"))
        #expect(request.contains("\r\nX-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: http\r\n"))
        #expect(request.contains("\r\nX-Forwarded-Host: x.test\r\n"))
        #expect(request.contains("\r\nVia: 1.1 other\r\n") && request.contains("\r\nVia: 1.1 gatehouse\r\n"))
        #expect(request.contains("\r\nAccept: text/html\r\n") && request.contains("\r\nCookie: a=1; b=2\r\n"))
        #expect(request.occurrences(of: "X-Request-Id: ") == 1)
        for absent in ["root", "9.9.9.9", "mine-mine", "X-Hop", "Keep-Alive", "TE:", "X_Own", "Connection"] {
            #expect(!request.contains(absent), "\(absent)")
        }
    }

    @Test func `a trusted proxy's word is passed on`() throws {
        let gateway = try Gateway("trust_proxy 10.0.0.0/8\n" + Gateway.plain)
        var request = ""
        gateway.origin.answer = {
            request = $0
            return ok("")
        }

        let answer = try gateway.ask(
            """
            GET / HTTP/1.1\r\nHost: x.test\r\nConnection: close\r\nX-Forwarded-For: 198.51.100.4\r
            X-Forwarded-Proto: https\r\nX-Forwarded-Host: public.test\r\nX-Request-Id: abcdefgh-1\r\n\r\n
            """, from: "10.1.2.3")

        #expect(request.contains("\r\nX-Forwarded-For: 198.51.100.4, 10.1.2.3\r\n"))
        #expect(request.contains("\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: public.test\r\n"))
        #expect(request.contains("\r\nX-Request-Id: abcdefgh-1\r\n"))
        #expect(answer.contains("\r\nX-Request-Id: abcdefgh-1\r\n"))
        #expect(gateway.accessLines().allSatisfy { $0.contains("\"client\":\"198.51.100.4\"") })
    }

    @Test(arguments: [
        ("198.51.100.4", "198.51.100.4"), ("  198.51.100.4\t", "198.51.100.4"),
        ("1.1.1.1, 198.51.100.4 ,10.9.9.9", "198.51.100.4"), ("198.51.100.4,,", "198.51.100.4"),
        ("198.51 .100.4", "10.1.2.3"), ("198.51.100. 4", "10.1.2.3"), ("198.51.100.4 5", "10.1.2.3"),
        ("2001:db8 ::1", "10.1.2.3"), (" 2001:db8::1 ", "2001:db8::1"), ("1.1.1.1, unknown", "10.1.2.3"),
        ("1.1.1.1, 1 0.9.9.9", "10.1.2.3"), ("198.51.100.4, 10.9.9.9, 10. 9.9.9", "10.1.2.3"),
        (",", "10.1.2.3"),
    ])
    func `a hop is an address between blanks, or the end of what is believed`(
        list: String, client: String
    ) throws {
        let gateway = try Gateway("trust_proxy 10.0.0.0/8\n" + Gateway.plain)
        gateway.origin.answer = { _ in ok("") }

        _ = try gateway.ask(
            "GET / HTTP/1.1\r\nHost: x.test\r\nConnection: close\r\nX-Forwarded-For: \(list)\r\n\r\n",
            from: "10.1.2.3")

        let lines = gateway.accessLines()
        #expect(lines.count == 1 && lines.allSatisfy { $0.contains("\"client\":\"\(client)\"") })
    }

    // MARK: Connections

    @Test func `connections are used again on both sides`() throws {
        let gateway = try Gateway()
        var count = 0
        gateway.origin.answer = { _ in
            count += 1
            return ok("answer \(count)")
        }
        let client = try gateway.client()

        for number in 1...5 {
            client.forget()
            client.send(get)
            #expect(gateway.run { client.text.hasSuffix("answer \(number)") })
        }

        #expect(gateway.origin.connections.count == 1)
        #expect(!client.isOver)
    }

    @Test func `requests that come at once are answered in order, one after another`() throws {
        let gateway = try Gateway()
        let client = try gateway.client()
        client.send((1...3).map { "GET /\($0) HTTP/1.1\r\nHost: x.test\r\n\r\n" }.joined())

        for number in 1...3 {
            #expect(gateway.run { gateway.origin.last?.text.contains("GET /\(number) ") ?? false })
            gateway.pass(milliseconds: 20)
            // The next one waits for this one's answer.
            #expect(gateway.origin.connections.count == 1)
            #expect(gateway.origin.last?.text.occurrences(of: "GET ") == 1)
            gateway.origin.last?.forget()
            gateway.origin.last?.send(ok("answer \(number)."))
        }

        #expect(gateway.run { client.text.hasSuffix("answer 3.") })
        let one = try #require(client.text.firstRange(of: "answer 1.")).lowerBound
        let two = try #require(client.text.firstRange(of: "answer 2.")).lowerBound
        #expect(one < two)
    }

    /// The client's end comes while answers wait for it to read.
    @Test func `a client that sends many requests and its end gets every answer, however slowly it reads`()
        throws
    {
        let text = String(repeating: "t", count: 3_000)
        let gateway = try Gateway(
            """
            site * {
                route /* - public { respond 200 "\(text)" }
            }

            """)
        let client = try gateway.client()
        client.reads = false
        client.send(String(repeating: get, count: 400))
        #expect(gateway.run { client.unsent == 0 })
        client.endOutput()
        gateway.pass(milliseconds: 100)

        client.reads = true
        #expect(gateway.run { client.isOver })

        #expect(client.text.occurrences(of: "HTTP/1.1 200 OK") == 400)
        #expect(gateway.worker.connectionCount == 0)
    }

    @Test func `requests that came before the client's end are answered, each in its turn`() throws {
        let gateway = try Gateway()
        gateway.origin.answer = { ok("for \($0.prefix { $0 != "?" })") }
        let client = try gateway.client()
        client.send((1...3).map { "GET /\($0)?x HTTP/1.1\r\nHost: x.test\r\n\r\n" }.joined())
        client.send("GET /4")
        client.endOutput()

        #expect(gateway.run { client.isOver })

        #expect(client.hasEnded)
        #expect(client.text.occurrences(of: "HTTP/1.1 200 OK") == 3)
        #expect(client.text.hasSuffix("for GET /3"))
        #expect(gateway.worker.connectionCount == 0)
    }

    @Test(arguments: ["HTTP/1.0", "HTTP/1.1"])
    func `a client that wants the connection closed gets that`(version: String) throws {
        let gateway = try Gateway()
        gateway.origin.answer = { _ in ok("x") }

        let answer = try gateway.ask("GET / \(version)\r\nHost: x.test\r\nConnection: close\r\n\r\n")

        #expect(answer.contains("\r\nConnection: close\r\n"))
        #expect(gateway.worker.connectionCount == 0)
    }

    @Test func `a worker that drains ends each connection with its answer`() throws {
        let gateway = try Gateway()
        let idle = try gateway.client()
        let busy = try gateway.client()
        busy.send(get)
        #expect(gateway.run { gateway.origin.last?.text.hasSuffix("\r\n\r\n") ?? false })
        var isDrained = false
        gateway.worker.onDrained = { isDrained = true }

        gateway.worker.drain()
        gateway.worker.closeIdleConnections(olderThan: 0)
        #expect(gateway.run { idle.isOver })
        #expect(!isDrained)
        gateway.origin.last?.send(ok("the answer"))
        #expect(gateway.run { busy.isOver })

        #expect(busy.text.contains("\r\nConnection: close\r\n") && busy.text.hasSuffix("the answer"))
        #expect(gateway.run { isDrained })
    }

    @Test func `nothing of a connection is left when it has closed`() throws {
        let gateway = try Gateway()
        gateway.origin.answer = { _ in ok("x") }
        weak var exchange: Exchange?
        weak var connection: ClientConnection?
        let client = try gateway.client()
        client.send(get + get)
        #expect(gateway.run { client.text.occurrences(of: "200 OK") == 2 })
        for case let found? in gateway.worker.connections {
            connection = found
            exchange = found.exchange
        }
        #expect(exchange != nil && connection != nil)

        client.close()
        #expect(gateway.run { gateway.worker.connectionCount == 0 })
        gateway.pass(milliseconds: 20)

        #expect(exchange == nil && connection == nil)
    }

    // MARK: Refusals

    @Test(arguments: [
        ("GET / HTTP/1.1\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505), ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nContent_Length: 3\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: X-User-Id\r\n\r\n", 400),
        ("GET /a%2Fb HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET /\(String(repeating: "a", count: 9_000)) HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "a", count: 40_000))\r\n\r\n", 431),
        ("GET / HTTP/1.1\r\nHost: a\r\n\(String(repeating: "X: 1\r\n", count: 150))\r\n", 431),
    ])
    func `what breaks the rules never reaches the origin, and ends the connection`(
        request: String, status: Int
    )
        throws
    {
        let gateway = try Gateway()

        let answer = try gateway.ask(request + get)

        #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
        #expect(answer.occurrences(of: "HTTP/1.1 ") == 1)
        #expect(answer.contains("\r\nConnection: close\r\n"))
        #expect(gateway.origin.connections.isEmpty)
    }

    /// What was not read would make the kernel send a reset, and that would destroy the answer (RFC 9112, 9.6).
    @Test(arguments: ["GET  / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: a\r\nX: "])
    func `a refusal arrives although the client goes on sending`(start: String) throws {
        let gateway = try Gateway()
        let client = try gateway.clientOverTCP()
        client.reads = false
        client.send(start + String(repeating: "a", count: 300_000))
        gateway.pass(milliseconds: 30)
        client.send(String(repeating: "a", count: 100_000))
        gateway.pass(milliseconds: 30)

        client.reads = true
        #expect(gateway.run { client.isOver })

        #expect(client.text.hasPrefix("HTTP/1.1 4"))
        #expect(client.failure == 0 && client.sendFailure == 0)
    }

    @Test func `hosts, paths and methods that nobody serves are told`() throws {
        let gateway = try Gateway(
            """
            upstream app { server $0 }
            site known.test {
                route /only app public { methods GET POST }
                route /small app public { body 5 }
            }

            """)
        let client = try gateway.client()
        let cases = [
            ("GET /x HTTP/1.1\r\nHost: known.test\r\n\r\n", "404 "),
            ("DELETE /only HTTP/1.1\r\nHost: known.test\r\n\r\n", "405 "),
            ("POST /small HTTP/1.1\r\nHost: known.test\r\nContent-Length: 6\r\n\r\n123456", "413 "),
            ("GET /only HTTP/1.1\r\nHost: other.test\r\n\r\n", "400 "),
        ]

        for (request, status) in cases {
            client.forget()
            client.send(request)
            #expect(gateway.run { client.text.contains("\r\n\r\n") })
            #expect(client.text.hasPrefix("HTTP/1.1 \(status)"), "\(request)")
            if status == "405 " { #expect(client.text.contains("\r\nAllow: GET, POST, HEAD\r\n")) }
        }

        #expect(gateway.origin.connections.isEmpty)
    }

    @Test func `a head that does not come in time is answered, silence is not`() throws {
        let gateway = try Gateway { $0.timeouts.header = 60 }
        let slow = try gateway.client()
        let silent = try gateway.client()
        slow.send("GET / HTTP/1.1\r\nHo")

        #expect(gateway.run { slow.isOver && silent.isOver })

        #expect(slow.text.hasPrefix("HTTP/1.1 408 "))
        #expect(silent.received.isEmpty)
    }

    @Test func `a connection at rest is closed after its time, a busy one is not`() throws {
        let gateway = try Gateway { $0.timeouts.keepalive = 60 }
        let client = try gateway.client()
        client.send(get)
        #expect(gateway.run { gateway.origin.last?.received.isEmpty == false })
        gateway.pass(milliseconds: 150)
        #expect(!client.isOver)
        gateway.origin.last?.send(ok("late"))
        #expect(gateway.run { client.text.hasSuffix("late") })

        #expect(gateway.run { client.isOver })
        #expect(client.hasEnded)
    }
}
