import GatewayConfig
import RandomTestSupport
import Testing

@testable import Proxy

/// What origins do, and what the client sees of it.
@Suite struct OriginTests {
    private let get = "GET /a HTTP/1.1\r\nHost: x.test\r\n\r\n"

    /// A client whose request is with the origin.
    private func waiting(_ gateway: Gateway, _ request: String? = nil) throws -> (Peer, Peer) {
        let client = try gateway.client()
        let before = gateway.origin.connections.count
        client.send(request ?? get)
        #expect(
            gateway.run {
                gateway.origin.connections.count > before
                    && gateway.origin.last?.text.contains("\r\n\r\n") ?? false
            })
        return (client, try #require(gateway.origin.last))
    }

    /// A gateway whose connection to the origin has served a request and is idle.
    private func warm(_ text: String = Gateway.plain) throws -> (Gateway, Peer) {
        let gateway = try Gateway(text)
        let (client, connection) = try waiting(gateway)
        connection.send(ok("first"))
        #expect(gateway.run { client.text.hasSuffix("first") })
        connection.forget()
        client.close()
        gateway.pass(milliseconds: 10)
        return (gateway, connection)
    }

    // MARK: Framing

    @Test func `a chunked answer arrives whole, whatever the pieces it comes in`() throws {
        for seed in 0..<10 {
            var random = SeededRandom(seed)
            let body = (0..<Int.random(in: 0...40_000, using: &random)).map { _ in
                UInt8.random(in: 97...122, using: &random)
            }
            let gateway = try Gateway()
            let (client, connection) = try waiting(gateway)
            var wire = Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)
            var position = 0
            while position < body.count {
                let end = min(body.count, position + Int.random(in: 1...9_000, using: &random))
                wire +=
                    Array("\(String(end - position, radix: 16));ext=1\r\n".utf8) + body[position..<end] + [
                        13, 10,
                    ]
                position = end
            }
            wire += Array("0\r\nX-Trailer: 1\r\n\r\n".utf8)
            while !wire.isEmpty {
                let count = min(wire.count, Int.random(in: 1...5_000, using: &random))
                connection.send(Array(wire[..<count]))
                wire.removeFirst(count)
                gateway.turn()
            }

            #expect(gateway.run { client.text.hasSuffix("\r\n0\r\n\r\n") })
            #expect(try unchunked(client.received) == body)
            #expect(!client.text.contains("X-Trailer"))
            // The connection to the origin is used again.
            client.forget()
            client.send(get)
            #expect(gateway.run { connection.text.occurrences(of: "GET ") == 2 })
        }
    }

    @Test func `heads that come byte by byte, some of them interim, are told apart`() throws {
        let gateway = try Gateway()
        let (client, connection) = try waiting(gateway)
        for body in ["one", "second"] {
            let wire =
                "HTTP/1.1 103 Early Hints\r\nLink: </\(body).css>\r\n\r\n"
                + ok(body, "X-Long: \(String(repeating: body, count: 40))\r\n")
            for byte in wire.utf8 {
                connection.send([byte])
                gateway.turn()
            }
            #expect(gateway.run { client.text.hasSuffix("\r\n\r\n\(body)") })
            #expect(
                client.text.hasPrefix(
                    "HTTP/1.1 103 Early Hints\r\nLink: </\(body).css>\r\n\r\nHTTP/1.1 200 OK\r\n"))
            #expect(client.text.occurrences(of: "HTTP/1.1 ") == 2)
            client.forget()
            connection.forget()
            client.send(get)
            #expect(gateway.run { connection.text.contains("\r\n\r\n") })
        }
    }

    @Test func `an answer may come in any number of tiny chunks`() throws {
        let gateway = try Gateway()
        let (client, connection) = try waiting(gateway)
        let count = 60_000

        connection.send(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                + String(repeating: "1\r\nx\r\n", count: count) + "0\r\n\r\n")
        #expect(gateway.run { client.text.hasSuffix("\r\n0\r\n\r\n") || client.isOver })

        #expect(try unchunked(client.received) == [UInt8](repeating: UInt8(ascii: "x"), count: count))
        #expect(!client.isOver)
    }

    // MARK: Preflights

    @Test(arguments: [
        ("OPTIONS /get", "GET", 204), ("OPTIONS /get", "POST", 405), ("OPTIONS /get", "", 405),
        ("OPTIONS /get", "TRACE", 405), ("GET /get", "GET", 204), ("OPTIONS /deny", "PUT", 403),
        ("OPTIONS /deny", "GET", 405), ("OPTIONS /both", "GET", 204), ("OPTIONS /both", "DELETE", 403),
    ])
    func `a preflight goes where the request that it asks about would go`(
        start: String, asks: String, status: Int
    ) throws {
        let gateway = try Gateway(
            """
            upstream app { server $0 }
            site * {
                route /get app public { methods GET }
                route /deny - deny { methods PUT }
                route /both app public { methods GET }
                route /both - deny { methods DELETE }
            }

            """)
        var seen = ""
        gateway.origin.answer = {
            seen = $0
            return "HTTP/1.1 204 No Content\r\nAccess-Control-Allow-Origin: *\r\n\r\n"
        }
        let asking = asks.isEmpty ? "" : "Access-Control-Request-Method: \(asks)\r\n"

        let answer = try gateway.ask(
            "\(start) HTTP/1.1\r\nHost: x.test\r\nOrigin: https://y.test\r\n\(asking)Connection: close\r\n\r\n"
        )

        #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
        #expect(seen.hasPrefix(start) == (status == 204))
        if status == 405 { #expect(answer.contains("\r\nAllow: ")) }
    }

    @Test func `an answer that ends with the connection is chunked for a client that stays`() throws {
        let gateway = try Gateway()
        let (client, connection) = try waiting(gateway)

        connection.send("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nall of it")
        connection.endOutput()
        #expect(gateway.run { client.text.hasSuffix("\r\n0\r\n\r\n") })

        #expect(client.text.contains("\r\nTransfer-Encoding: chunked\r\n"))
        #expect(try unchunked(client.received) == Array("all of it".utf8))
        #expect(!client.isOver)
    }

    @Test func `an HTTP/1.0 client gets no chunks, but the end of the connection`() throws {
        let gateway = try Gateway()
        let (client, connection) = try waiting(
            gateway, "GET / HTTP/1.0\r\nHost: x.test\r\nConnection: keep-alive\r\n\r\n")

        connection.send(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
        #expect(gateway.run { client.isOver })

        #expect(client.text.hasSuffix("\r\n\r\nabcde"))
        #expect(!client.text.contains("Transfer-Encoding"))
        #expect(client.text.contains("\r\nConnection: close\r\n"))
    }

    @Test(arguments: [
        ("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", "\r\nContent-Length: 7\r\n"),
        ("HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 200 OK\r\n"),
        ("GET", "HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 204 No Content\r\n"),
        ("GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", "\r\nContent-Length: 9\r\n"),
        ("GET", "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n", "\r\nETag: \"a\"\r\n"),
        ("GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "\r\nContent-Length: 0\r\n"),
    ])
    func `an answer without a body ends with its head`(method: String, answer: String, expected: String)
        throws
    {
        let gateway = try Gateway()
        let (client, connection) = try waiting(gateway, "\(method) / HTTP/1.1\r\nHost: x.test\r\n\r\n")

        connection.send(answer)
        #expect(gateway.run { client.text.hasSuffix("\r\n\r\n") })
        #expect(client.text.contains(expected))
        #expect(!client.text.hasSuffix("\r\n0\r\n\r\n"))
        let first = client.text
        if first.contains(" 204 ") { #expect(!first.contains("Content-Length")) }

        // Both connections go on, and nothing of the first answer is taken for the second.
        client.forget()
        client.send(get)
        #expect(gateway.run { connection.text.occurrences(of: "Host: ") == 2 })
        connection.send(ok("next"))
        #expect(gateway.run { client.text.hasSuffix("\r\n\r\nnext") })
        #expect(client.text.hasPrefix("HTTP/1.1 200 OK\r\n"))
    }

    @Test func `a request's chunks are made anew, and its end is told`() throws {
        let gateway = try Gateway()
        let client = try gateway.client()
        client.send("POST /up HTTP/1.1\r\nHost: x.test\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n")
        #expect(gateway.run { gateway.origin.last?.text.contains("abc\r\n") ?? false })
        client.send("5\r\ndefgh\r\n0\r\nX-Trailer: 1\r\n\r\n")
        #expect(gateway.run { gateway.origin.last?.text.hasSuffix("\r\n0\r\n\r\n") ?? false })

        let request = try #require(gateway.origin.last)
        #expect(try unchunked(request.received) == Array("abcdefgh".utf8))
        #expect(request.text.contains("\r\nTransfer-Encoding: chunked\r\n"))
        #expect(!request.text.contains("a=b") && !request.text.contains("X-Trailer"))
        request.send(ok("done"))
        #expect(gateway.run { client.text.hasSuffix("done") })
    }

    @Test func `a client that waits to be told to go on is told`() throws {
        let gateway = try Gateway()
        let client = try gateway.client()
        client.send("POST / HTTP/1.1\r\nHost: x.test\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")

        #expect(gateway.run { client.text == "HTTP/1.1 100 Continue\r\n\r\n" })
        client.forget()
        client.send("body")
        #expect(gateway.run { gateway.origin.last?.text.hasSuffix("\r\n\r\nbody") ?? false })
        #expect(gateway.origin.last?.text.contains("Expect") == false)
        gateway.origin.last?.send(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n" + ok("x"))

        #expect(gateway.run { client.text.hasSuffix("\r\n\r\nx") })
        #expect(client.text.hasPrefix("HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\n"))
    }

    // MARK: Answers that come early or not at all

    @Test func `an answer before the end of the request is the answer, and the rest is not a request`() throws
    {
        let gateway = try Gateway()
        let body = String(repeating: "GET /evil HTTP/1.1\r\nHost: x.test\r\n\r\n", count: 100)
        let client = try gateway.client()
        client.send("POST / HTTP/1.1\r\nHost: x.test\r\nContent-Length: \(body.utf8.count)\r\n\r\n")
        #expect(gateway.run { gateway.origin.last?.text.hasSuffix("\r\n\r\n") ?? false })
        gateway.origin.last?.send(ok("no, thanks"))
        #expect(gateway.run { client.text.hasSuffix("no, thanks") })

        client.forget()
        gateway.origin.answer = { _ in ok("second") }
        client.send(body + get)
        #expect(gateway.run { client.text.hasSuffix("second") })

        #expect(client.text.occurrences(of: "HTTP/1.1 ") == 1)
        #expect(gateway.accessLines().count == 2)
    }

    @Test func `an origin that answers and closes without reading on has answered`() throws {
        for _ in 0..<10 {
            let gateway = try Gateway()
            let client = try gateway.client()
            let length = 8 << 20
            client.send("POST / HTTP/1.1\r\nHost: x.test\r\nContent-Length: \(length)\r\n\r\n")
            client.send([UInt8](repeating: 65, count: length))
            #expect(gateway.run { gateway.origin.connections.count == 1 })
            let connection = gateway.origin.connections[0]
            connection.reads = false
            connection.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 7\r\n\r\ntoo big")
            connection.close()

            #expect(gateway.run { client.text.contains("too big") || client.isOver })

            #expect(client.text.hasPrefix("HTTP/1.1 413 "))
            #expect(client.text.hasSuffix("too big"))
            #expect(client.text.contains("\r\nConnection: close\r\n"))
        }
    }

    /// Too much is still to come to read it all, so the connection ends; but not before the answer has arrived.
    @Test func `an answer before the end of a large request ends the connection, and arrives`() throws {
        let gateway = try Gateway()
        let client = try gateway.clientOverTCP()
        client.send("POST / HTTP/1.1\r\nHost: x.test\r\nContent-Length: 1000000\r\n\r\nabc")
        #expect(gateway.run { gateway.origin.last?.text.hasSuffix("\r\n\r\nabc") ?? false })
        gateway.origin.last?.send(ok("no, thanks"))
        client.reads = false
        client.send([UInt8](repeating: 65, count: 400_000))
        gateway.pass(milliseconds: 50)
        client.send([UInt8](repeating: 65, count: 100_000))
        gateway.pass(milliseconds: 20)
        client.reads = true

        #expect(gateway.run { client.isOver })
        #expect(client.text.hasPrefix("HTTP/1.1 200 ") && client.text.hasSuffix("no, thanks"))
        #expect(client.text.contains("\r\nConnection: close\r\n"))
        #expect(client.failure == 0 && client.sendFailure == 0)
    }

    @Test func `a request is sent once more after a keep-alive race, and only once`() throws {
        let (gateway, idle) = try warm()
        let client = try gateway.client()
        client.send(get)
        #expect(gateway.run { idle.text.hasSuffix("\r\n\r\n") })
        idle.close()
        #expect(gateway.run { gateway.origin.connections.count == 2 })
        let second = gateway.origin.connections[1]
        #expect(gateway.run { second.text.hasSuffix("\r\n\r\n") })
        second.send(ok("from the second"))
        #expect(gateway.run { client.text.hasSuffix("from the second") })

        let another = try gateway.client()
        second.forget()
        another.send(get)
        #expect(gateway.run { second.text.hasSuffix("\r\n\r\n") })
        second.close()
        #expect(gateway.run { gateway.origin.connections.count == 3 })
        gateway.origin.connections[2].close()
        #expect(gateway.run { another.text.contains("\r\n\r\n") })
        #expect(another.text.hasPrefix("HTTP/1.1 502 "))
        #expect(gateway.origin.connections.count == 3)
    }

    @Test(arguments: [
        "POST /a HTTP/1.1\r\nHost: x.test\r\nContent-Length: 0\r\n\r\n",
        "PATCH /a HTTP/1.1\r\nHost: x.test\r\n\r\n",
        "PUT /a HTTP/1.1\r\nHost: x.test\r\nContent-Length: 1\r\n\r\nx",
    ])
    func `a request that may have had an effect is not sent twice`(request: String) throws {
        let (gateway, idle) = try warm()
        let client = try gateway.client()
        client.send(request)
        #expect(gateway.run { idle.text.contains("\r\n\r\n") })
        gateway.pass(milliseconds: 10)
        idle.close()

        #expect(gateway.run { client.text.contains("\r\n\r\n") })
        #expect(client.text.hasPrefix("HTTP/1.1 502 "))
        #expect(gateway.origin.connections.count == 1)
    }

    @Test func `neither is one that a fresh connection did not answer, nor one whose answer had begun`()
        throws
    {
        let gateway = try Gateway()
        let (client, connection) = try waiting(gateway)
        connection.close()
        #expect(gateway.run { client.text.hasPrefix("HTTP/1.1 502 ") })
        #expect(gateway.origin.connections.count == 1)

        let (warmed, idle) = try warm()
        let other = try warmed.client()
        other.send(get)
        #expect(warmed.run { idle.text.hasSuffix("\r\n\r\n") })
        idle.send("HTTP/1.1 2")
        warmed.pass(milliseconds: 20)
        idle.close()
        #expect(warmed.run { other.text.hasPrefix("HTTP/1.1 502 ") })
        #expect(warmed.origin.connections.count == 1)
    }

    @Test func `a configuration that says so never sends a request twice`() throws {
        let (gateway, idle) = try warm(
            "upstream app {\n server $0\n retry off\n}\nsite * {\n route /* app public\n}\n")
        let client = try gateway.client()
        client.send(get)
        #expect(gateway.run { idle.text.hasSuffix("\r\n\r\n") })
        idle.close()

        #expect(gateway.run { client.text.hasPrefix("HTTP/1.1 502 ") })
        #expect(gateway.origin.connections.count == 1)
    }

    @Test func `bytes that an idle connection says unasked answer nobody`() throws {
        let (gateway, idle) = try warm()
        idle.send(ok("poison"))
        #expect(gateway.run { idle.isOver })
        gateway.origin.answer = { _ in ok("clean") }

        let client = try gateway.client()
        client.send(get)
        #expect(gateway.run { client.text.hasSuffix("clean") })

        #expect(gateway.origin.connections.count == 2)
    }

    @Test func `neither do bytes behind the end of an answer`() throws {
        let gateway = try Gateway()
        let (client, connection) = try waiting(gateway)
        connection.send(ok("first") + ok("poison"))
        #expect(gateway.run { client.text.hasSuffix("first") })
        gateway.origin.answer = { _ in ok("clean") }
        client.forget()
        client.send(get)

        #expect(gateway.run { client.text.hasSuffix("clean") })
        #expect(!client.text.contains("poison"))
        #expect(gateway.origin.connections.count == 2)
    }

    @Test(arguments: [
        "garbage\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "HTTP/1.1 99 Low\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nBad Name: 1\r\n\r\n", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: \(String(repeating: "a", count: 70_000))\r\n\r\n",
        String(repeating: "HTTP/1.1 103 Early Hints\r\n\r\n", count: 40),
    ])
    func `a broken answer is told as one`(answer: String) throws {
        let gateway = try Gateway()
        let (client, connection) = try waiting(gateway)

        connection.send(answer)
        #expect(
            gateway.run {
                client.text.contains("\r\nHTTP/1.1 502 ") || client.text.hasPrefix("HTTP/1.1 502 ")
            })

        #expect(gateway.run { connection.isOver })
        #expect(!client.text.contains("garbage"))
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nX",
    ])
    func `an answer that is cut is not made to look whole`(answer: String) throws {
        let gateway = try Gateway()
        let (client, connection) = try waiting(gateway)
        connection.send(answer)
        connection.endOutput()

        #expect(gateway.run { client.isOver })

        #expect(client.text.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(!client.text.hasSuffix("\r\n0\r\n\r\n"))
        #expect(gateway.accessLines().last?.contains("\"end\":\"upstream_abort\"") == true)
    }

    @Test func `an HTTP/1.0 client, who knows no other end, gets a reset`() throws {
        let gateway = try Gateway()
        let client = try gateway.clientOverTCP()
        client.send("GET / HTTP/1.0\r\nHost: x.test\r\n\r\n")
        #expect(gateway.run { gateway.origin.last?.text.hasSuffix("\r\n\r\n") ?? false })
        gateway.origin.last?.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
        #expect(gateway.run { client.text.hasSuffix("abc") })
        gateway.origin.last?.endOutput()

        #expect(gateway.run { client.isOver })
        #expect(client.failure != 0)
    }

    @Test func `an origin that is not there or does not answer is told`() throws {
        let gone = try Gateway()
        gone.origin.close()
        let refused = try gone.client()
        refused.send(get)
        #expect(gone.run { refused.text.hasPrefix("HTTP/1.1 502 ") })

        let gateway = try Gateway { $0.upstreams[0].responseTimeout = 60 }
        let (client, connection) = try waiting(gateway)
        #expect(gateway.run { client.text.hasPrefix("HTTP/1.1 504 ") })
        #expect(gateway.run { connection.isOver })
        // The client's connection goes on.
        gateway.origin.answer = { _ in ok("now") }
        client.forget()
        client.send(get)
        #expect(gateway.run { client.text.hasSuffix("now") })
    }

    // MARK: Clients that leave

    @Test func `a client that goes away takes its request with it`() throws {
        let gateway = try Gateway()
        let client = try gateway.clientOverTCP()
        client.send(get)
        #expect(gateway.run { gateway.origin.last?.text.hasSuffix("\r\n\r\n") ?? false })
        let connection = try #require(gateway.origin.last)
        client.reset()

        #expect(gateway.run { connection.isOver })
        #expect(gateway.worker.connectionCount == 0)
        #expect(gateway.accessLines().last?.contains("\"end\":\"client_abort\"") == true)
    }

    @Test func `a request that is cut is not made to look whole`() throws {
        let gateway = try Gateway()
        let (client, connection) = try waiting(
            gateway, "POST / HTTP/1.1\r\nHost: x.test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
        client.endOutput()

        #expect(gateway.run { connection.isOver && client.isOver })
        #expect(!connection.text.hasSuffix("\r\n0\r\n\r\n"))
        #expect(client.text.hasPrefix("HTTP/1.1 400 "))
    }

    @Test func `a client that has said all it will still gets its answer`() throws {
        let gateway = try Gateway()
        let (client, connection) = try waiting(gateway)
        client.endOutput()
        gateway.pass(milliseconds: 20)
        connection.send(ok(String(repeating: "t", count: 500_000)))

        #expect(gateway.run { client.isOver })
        #expect(client.received.count > 500_000)
        #expect(gateway.run { gateway.worker.connectionCount == 0 })
    }

    // MARK: Several servers

    /// An exchange without a request.
    private func exchange(_ gateway: Gateway) throws -> Exchange {
        try gateway.client().send("G")
        let connection = try #require(gateway.worker.connections.last ?? nil)
        #expect(gateway.run { connection.exchange != nil })
        return try #require(connection.exchange)
    }

    @Test func `busy servers get requests by their weights`() throws {
        let gateway = try Gateway(
            """
            upstream app {
                server $0 weight 1
                server $1 weight 3
            }
            site * {
                route /* app public
            }

            """, origins: 2)
        for _ in 0..<16 { try gateway.client().send(get) }

        #expect(gateway.run { gateway.origins.map(\.connections.count).reduce(0, +) == 16 })
        #expect(gateway.origins.map(\.connections.count) == [4, 12])
    }

    @Test func `idle servers that are equal take turns, and a backup only stands by`() throws {
        let gateway = try Gateway(
            """
            upstream app {
                server $0
                server $1
                server $2 backup
            }
            site * {
                route /* app public
            }

            """, origins: 3)
        let group = gateway.worker.groups[0]
        var picks: [String: Int] = [:]
        let exchange = try exchange(gateway)
        for _ in 0..<100 { picks[group.pick(for: exchange, insists: true)?.label ?? "", default: 0] += 1 }
        #expect(picks.values.sorted() == [50, 50])
        #expect(picks["unix:\(gateway.origins[2].path)"] == nil)

        for origin in gateway.origins { origin.answer = { _ in ok("served") } }
        gateway.origins[0].close()
        let client = try gateway.client()
        for _ in 0..<6 {
            client.forget()
            client.send(get)
            #expect(gateway.run { client.text.hasSuffix("served") })
        }
        #expect(gateway.origins[1].connections.count == 1)
        #expect(gateway.origins[2].connections.isEmpty)
    }

    @Test func `idle servers get requests by their weights, evenly spread`() throws {
        let gateway = try Gateway(
            """
            upstream app {
                server $0 weight 1
                server $1 weight 2
            }
            site * {
                route /* app public
            }

            """, origins: 2)
        let group = gateway.worker.groups[0]

        let exchange = try exchange(gateway)
        let picks = (0..<9).map { _ in
            group.pick(for: exchange, insists: true) === group.servers[0] ? "a" : "b"
        }

        #expect(picks.joined() == "babbabbab")
    }

    @Test func `a backup serves when every other server has failed`() throws {
        let gateway = try Gateway(
            """
            upstream app {
                server $0
                server $1 backup
            }
            site * {
                route /* app public
            }

            """, origins: 2)
        gateway.origins[0].close()
        gateway.origins[1].answer = { _ in ok("from the backup") }
        let client = try gateway.client()
        client.send(get)

        #expect(gateway.run { client.text.hasSuffix("from the backup") })
    }

    @Test func `requests wait for a connection where there may be no more, in order`() throws {
        let gateway = try Gateway { $0.upstreams[0].maxConnections = 1 }
        let clients = try (0..<4).map { number in
            let client = try gateway.client()
            client.send("GET /\(number) HTTP/1.1\r\nHost: x.test\r\n\r\n")
            gateway.pass(milliseconds: 5)
            return client
        }
        gateway.pass(milliseconds: 20)
        #expect(gateway.origin.connections.count == 1)

        for number in 0..<4 {
            let connection = try #require(gateway.origin.last)
            #expect(gateway.run { connection.text.hasPrefix("GET /\(number) ") })
            connection.forget()
            connection.send(ok("answer \(number)"))
            #expect(gateway.run { clients[number].text.hasSuffix("answer \(number)") })
        }
        #expect(gateway.origin.connections.count == 1)
    }

    @Test func `who waits in vain for a second is told to come back`() throws {
        let gateway = try Gateway { $0.upstreams[0].maxConnections = 1 }
        let (_, _) = try waiting(gateway)
        let second = try gateway.client()
        second.send(get)

        #expect(gateway.run { second.text.contains("\r\n\r\n") })
        #expect(second.text.hasPrefix("HTTP/1.1 503 "))
        #expect(second.text.contains("\r\nRetry-After: 1\r\n"))
    }
}

/// The body of a message whose body is chunked.
func unchunked(_ message: [UInt8]) throws -> [UInt8] {
    let text = message
    let end = try #require(text.indices.first { text[$0...].starts(with: Array("\r\n\r\n".utf8)) })
    var rest = text[(end + 4)...]
    var body: [UInt8] = []
    while true {
        let lineEnd = try #require(rest.firstIndex(of: 13))
        let size = try #require(Int(String(decoding: rest[..<lineEnd], as: UTF8.self), radix: 16))
        rest = rest[(lineEnd + 2)...]
        if size == 0 { break }
        body += rest.prefix(size)
        rest = rest.dropFirst(size + 2)
    }
    return body
}
