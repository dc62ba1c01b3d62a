import GatewayConfig
import Operations
import RandomTestSupport
import Testing

@testable import Proxy

@Suite struct TunnelTests {
    private static let routes = """
        upstream app { server $0 }
        site * {
            route /ws app public {
                websocket on
            }
            route /* app public
        }

        """
    private static let fields =
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    private let handshake = "GET /ws HTTP/1.1\r\nHost: x.test\r\n\(Self.fields)\r\n"
    /// The answer that RFC 6455, 1.3, gives for that key.
    private let accepted =
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"

    /// A gateway, and both ends of a tunnel through it.
    private func open(change: (inout Settings) -> Void = { _ in }) throws -> (Gateway, Peer, Peer) {
        let gateway = try Gateway(Self.routes, change: change)
        let client = try gateway.client()
        client.send(handshake)
        #expect(gateway.run { gateway.origin.last?.text.hasSuffix("\r\n\r\n") ?? false })
        let origin = try #require(gateway.origin.last)
        #expect(origin.text.contains("\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"))
        origin.send(accepted)
        #expect(gateway.run { client.text.hasSuffix("\r\n\r\n") })
        #expect(client.text.hasPrefix("HTTP/1.1 101 Switching Protocols\r\n"))
        #expect(client.text.contains("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"))
        client.forget()
        origin.forget()
        return (gateway, client, origin)
    }

    @Test func `bytes go both ways, whatever they are`() throws {
        let (gateway, client, origin) = try open()
        var random = SeededRandom(5)
        let up = (0..<300_000).map { _ in UInt8.random(in: 0...255, using: &random) }
        let down = (0..<300_000).map { _ in UInt8.random(in: 0...255, using: &random) }

        client.send(up)
        origin.send(down)
        #expect(gateway.run { client.received.count == down.count && origin.received.count == up.count })

        #expect(client.received == down)
        #expect(origin.received == up)
        #expect(gateway.worker.counters.value(.websockets) == 1)
    }

    @Test func `bytes behind the handshake wait for its answer`() throws {
        let gateway = try Gateway(Self.routes)
        let client = try gateway.client()
        client.send(handshake + "early")
        #expect(gateway.run { gateway.origin.last?.text.hasSuffix("\r\n\r\n") ?? false })
        gateway.pass(milliseconds: 20)
        let origin = try #require(gateway.origin.last)
        #expect(!origin.text.contains("early"))
        origin.send(accepted + "at once")

        #expect(gateway.run { origin.text.hasSuffix("early") && client.text.hasSuffix("at once") })
    }

    @Test func `each direction ends by itself, the tunnel with both`() throws {
        let (gateway, client, origin) = try open()
        client.send("last from the client")
        client.endOutput()
        #expect(gateway.run { origin.hasEnded })
        #expect(origin.text == "last from the client")
        origin.send("and from the origin")
        #expect(gateway.run { client.text == "and from the origin" })
        #expect(!client.isOver)
        origin.endOutput()

        #expect(gateway.run { client.hasEnded })
        #expect(gateway.run { gateway.worker.connectionCount == 0 })
        #expect(gateway.worker.counters.value(.websockets) == 0)
        // One line when it opened, one when it was over.
        let lines = gateway.accessLines()
        #expect(lines.count == 2)
        #expect(lines.first?.contains("\"end\":\"upgrade\"") == true)
    }

    @Test func `whoever is gone takes the other side along`() throws {
        for side in ["client", "origin"] {
            let (gateway, client, origin) = try open()
            if side == "client" { client.close() } else { origin.close() }

            #expect(gateway.run { side == "client" ? origin.isOver : client.isOver })
            (side == "client" ? origin : client).close()
            #expect(gateway.run { gateway.worker.connectionCount == 0 })
            #expect(gateway.worker.counters.value(.websockets) == 0)
            #expect(gateway.worker.groups[0].servers[0].activeCount == 0)
        }
    }

    @Test func `what a side does not read stays with the other`() throws {
        let (gateway, client, origin) = try open()
        let bytes = [UInt8](repeating: 9, count: 8 << 20)
        origin.reads = false
        client.reads = false
        client.send(bytes)
        origin.send(bytes)
        gateway.pass(milliseconds: 150)
        #expect(client.unsent > 6 << 20 && origin.unsent > 6 << 20)

        client.reads = true
        origin.reads = true
        #expect(gateway.run { client.received.count == bytes.count && origin.received.count == bytes.count })
    }

    @Test func `a tunnel in which nothing moves is closed`() throws {
        let (gateway, client, origin) = try open { $0.timeouts.websocketIdle = 80 }
        for _ in 0..<5 {
            gateway.pass(milliseconds: 40)
            client.send("still here")
        }
        #expect(!client.isOver)

        #expect(gateway.run { client.isOver && origin.isOver })
    }

    @Test(arguments: [
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            + "Sec-WebSocket-Accept: AAAALMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n"
            + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
    ])
    func `an origin that did not understand the handshake opens no tunnel`(answer: String) throws {
        let gateway = try Gateway(Self.routes)
        let client = try gateway.client()
        client.send(handshake + "GET /smuggled HTTP/1.1\r\nHost: x.test\r\n\r\n")
        #expect(gateway.run { gateway.origin.last?.text.hasSuffix("\r\n\r\n") ?? false })
        let origin = try #require(gateway.origin.last)
        origin.send(answer)

        #expect(gateway.run { client.text.contains("\r\n\r\n") })
        #expect(client.text.hasPrefix("HTTP/1.1 502 "))
        #expect(gateway.run { origin.isOver })
        #expect(!origin.text.contains("smuggled"))
        #expect(gateway.worker.counters.value(.websockets) == 0)
    }

    @Test func `an origin may answer the handshake like any request`() throws {
        let gateway = try Gateway(Self.routes)
        let client = try gateway.client()
        client.send(handshake)
        #expect(gateway.run { gateway.origin.last?.text.hasSuffix("\r\n\r\n") ?? false })
        gateway.origin.last?.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")

        #expect(gateway.run { client.text.hasSuffix("no") })
        #expect(client.text.hasPrefix("HTTP/1.1 403 "))
        #expect(gateway.worker.counters.value(.websockets) == 0)
    }

    @Test(arguments: [
        "GET /other HTTP/1.1\r\nHost: x.test\r\n\(Self.fields)\r\n",
        "GET /ws HTTP/1.1\r\nHost: x.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        "GET /ws HTTP/1.1\r\nHost: x.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 8\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        "GET /ws HTTP/1.1\r\nHost: x.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: short\r\n\r\n",
    ])
    func `a handshake that is not valid, or not wanted there, is refused`(request: String) throws {
        let gateway = try Gateway(Self.routes)
        let client = try gateway.client()
        client.send(request)

        #expect(gateway.run { client.text.hasPrefix("HTTP/1.1 400 ") })
        #expect(gateway.origin.connections.isEmpty)
    }

    @Test func `more tunnels than allowed are refused`() throws {
        let (gateway, client, _) = try open { $0.limits.websockets = 1 }
        let second = try gateway.client()
        second.send(handshake)
        #expect(gateway.run { second.text.hasPrefix("HTTP/1.1 503 ") })
        client.close()
        gateway.origin.last?.close()
        #expect(gateway.run { gateway.worker.counters.value(.websockets) == 0 })

        let third = try gateway.client()
        third.send(handshake)
        #expect(gateway.run { gateway.origin.connections.count == 2 })
    }
}
