import GatewayConfig
import RandomTestSupport
import Testing
import Transport

@testable import Proxy

/// Large bodies and slow peers: what is in between stays bounded.
@Suite struct FlowTests {
    private let get = "GET /a HTTP/1.1\r\nHost: x.test\r\n\r\n"
    /// Bytes that may be under way: our buffers both ways, and the kernel's on two unix sockets.
    private let mostUnderWay = 2 << 20

    @Test(arguments: ["length", "chunked", "close"])
    func `an answer for a slow reader is not taken from the origin before it is read`(framing: String) throws
    {
        let gateway = try Gateway()
        let client = try gateway.client()
        client.send(get)
        #expect(gateway.run { gateway.origin.last?.text.hasSuffix("\r\n\r\n") ?? false })
        let connection = try #require(gateway.origin.last)
        client.reads = false
        let body = pattern(12 << 20)
        switch framing {
        case "length": connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(body.count)\r\n\r\n")
        case "close": connection.send("HTTP/1.1 200 OK\r\n\r\n")
        default:
            connection.send(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\(String(body.count, radix: 16))\r\n")
        }
        connection.send(body)
        if framing == "chunked" { connection.send("\r\n0\r\n\r\n") }

        gateway.pass(milliseconds: 150)
        #expect(body.count - connection.unsent < mostUnderWay)
        let unsent = connection.unsent
        gateway.pass(milliseconds: 100)
        #expect(connection.unsent == unsent)

        client.reads = true
        #expect(gateway.run { connection.unsent == 0 })
        if framing == "close" { connection.endOutput() }
        #expect(
            gateway.run {
                framing == "length"
                    ? client.received.count >= body.count + 100
                    : client.received.suffix(5) == Array("0\r\n\r\n".utf8)
            })

        if framing == "length" {
            #expect(Array(client.received.suffix(body.count)) == body)
        } else {
            #expect(try unchunked(client.received) == body)
        }
        #expect(!client.isOver)
    }

    @Test(arguments: [false, true])
    func `a body is not taken from the client before the origin reads it`(isChunked: Bool) throws {
        let gateway = try Gateway {
            $0.sites[0].routes[0].body = nil
        }
        let client = try gateway.client()
        let body = pattern(12 << 20)
        if isChunked {
            client.send(
                "POST / HTTP/1.1\r\nHost: x.test\r\nTransfer-Encoding: chunked\r\n\r\n\(String(body.count, radix: 16))\r\n"
            )
        } else {
            client.send("POST / HTTP/1.1\r\nHost: x.test\r\nContent-Length: \(body.count)\r\n\r\n")
        }
        #expect(gateway.run { gateway.origin.connections.count == 1 })
        let connection = gateway.origin.connections[0]
        connection.reads = false
        client.send(body)
        if isChunked { client.send("\r\n0\r\n\r\n") }

        gateway.pass(milliseconds: 150)
        #expect(body.count - client.unsent < mostUnderWay)
        let unsent = client.unsent
        gateway.pass(milliseconds: 100)
        #expect(client.unsent == unsent)

        connection.reads = true
        #expect(gateway.run { client.unsent == 0 && connection.received.count > body.count })
        connection.send(ok("done"))
        #expect(gateway.run { client.text.hasSuffix("done") })
        let sent =
            try isChunked ? unchunked(connection.received) : Array(connection.received.suffix(body.count))
        #expect(sent == body)
    }

    @Test func `a client that stops reading an answer is given up`() throws {
        let gateway = try Gateway { $0.timeouts.writeIdle = 80 }
        let client = try gateway.client()
        client.send(get)
        #expect(gateway.run { gateway.origin.last?.text.hasSuffix("\r\n\r\n") ?? false })
        let connection = try #require(gateway.origin.last)
        client.reads = false
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n")
        connection.send([UInt8](repeating: 65, count: 9_000_000))

        #expect(gateway.run { connection.isOver })
        #expect(gateway.accessLines().last?.contains("\"end\":\"client_timeout\"") == true)
    }

    @Test func `a body that stops coming is given up`() throws {
        let gateway = try Gateway { $0.timeouts.bodyIdle = 80 }
        let client = try gateway.client()
        client.send("POST / HTTP/1.1\r\nHost: x.test\r\nContent-Length: 10\r\n\r\nabc")

        #expect(gateway.run { client.text.hasPrefix("HTTP/1.1 408 ") })
        #expect(gateway.run { gateway.origin.last?.isOver ?? false })
    }

    @Test func `a body larger than allowed is refused while it comes`() throws {
        let gateway = try Gateway { $0.sites[0].routes[0].body = 1_000 }
        let client = try gateway.client()
        client.send("POST / HTTP/1.1\r\nHost: x.test\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in 0..<30 {
            client.send("40\r\n\(String(repeating: "a", count: 64))\r\n")
            gateway.turn()
        }

        #expect(gateway.run { client.text.hasPrefix("HTTP/1.1 413 ") })
        #expect(gateway.run { gateway.origin.last?.isOver ?? false })
        #expect(gateway.origin.last?.text.hasSuffix("\r\n0\r\n\r\n") == false)
    }

    /// The same requests cut at other places give the same answers, and the same requests to the origin.
    @Test(arguments: 0..<24)
    func `where the bytes are cut makes no difference`(seed: Int) throws {
        var random = SeededRandom(seed)
        let requests =
            "GET /one?x=1 HTTP/1.1\r\nHost: x.test\r\nCookie: a=1\r\n\r\n"
            + "POST /two HTTP/1.1\r\nHost: x.test\r\nContent-Length: 11\r\n\r\nhello world"
            + "POST /three HTTP/1.1\r\nHost: x.test\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n3;x\r\nefg\r\n0\r\n\r\n"
            + "HEAD /four HTTP/1.1\r\nHost: x.test\r\n\r\n"
            + "GET /five HTTP/1.1\r\nHost: x.test\r\nConnection: close\r\n\r\n"
        let answers = [
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst",
            "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nsecond\r\n0\r\n\r\n",
            "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n",
            "HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nfifth",
        ]
        let ends = ["\r\n\r\n", "hello world", "\r\n0\r\n\r\n", "\r\n\r\n", "\r\n\r\n"]
        let gateway = try Gateway()
        let client = try gateway.client()
        var input = Array(requests.utf8)
        var answered = 0
        var output: [UInt8] = []

        let isDone = gateway.run {
            if !input.isEmpty && Int.random(in: 0..<3, using: &random) > 0 {
                let count = min(input.count, Int.random(in: 1...40, using: &random))
                client.send(Array(input[..<count]))
                input.removeFirst(count)
            }
            if let connection = gateway.origin.last {
                if output.isEmpty && answered < answers.count && connection.text.hasSuffix(ends[answered])
                    && connection.text.contains(["/one", "/two", "/three", "/four", "/five"][answered])
                {
                    output = Array(answers[answered].utf8)
                    connection.forget()
                    answered += 1
                }
                let count = min(output.count, Int.random(in: 0...30, using: &random))
                connection.send(Array(output[..<count]))
                output.removeFirst(count)
            }
            return client.isOver
        }

        #expect(isDone)
        #expect(answered == 5)
        let heads = client.text.split(separator: "HTTP/1.1 ").map { $0.prefix { $0 != "\r" && $0 != "\r\n" } }
        #expect(
            heads == [
                "200 OK", "201 Created", "103 Early Hints", "204 No Content", "200 OK", "404 Not Found",
            ])
        #expect(client.text.contains("\r\n\r\nfirstHTTP/1.1 201"))
        let second = try #require(client.text.firstRange(of: "HTTP/1.1 201")).lowerBound
        #expect(try unchunked(Array(client.text[second...].utf8)) == Array("second".utf8))
        #expect(client.text.hasSuffix("\r\n\r\nfifth"))
        #expect(gateway.origin.connections.count == 1)
    }

    private func pattern(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 7) }
    }
}
