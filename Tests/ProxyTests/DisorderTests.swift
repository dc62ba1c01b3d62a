import Foundation
import GatewayConfig
import Operations
import RandomTestSupport
import Testing
import Transport

@testable import Proxy

/// Clients and origins that do anything at any moment. Nothing may be left over when all is quiet again.
@Suite struct DisorderTests {
    private static let requests = [
        "GET /a HTTP/1.1\r\nHost: x.test\r\n\r\n",
        "GET /a HTTP/1.0\r\n\r\n",
        "HEAD /a HTTP/1.1\r\nHost: x.test\r\n\r\n",
        "POST /a HTTP/1.1\r\nHost: x.test\r\nContent-Length: 5\r\n\r\n12345",
        "POST /a HTTP/1.1\r\nHost: x.test\r\nContent-Length: 200000\r\n\r\n"
            + String(repeating: "b", count: 200_000),
        "POST /a HTTP/1.1\r\nHost: x.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n",
        "POST /a HTTP/1.1\r\nHost: x.test\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n12345",
        "GET  /broken\r\n\r\n",
        "GET /ws HTTP/1.1\r\nHost: x.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\nframes",
    ]
    private static let answers = [
        ok("fine"), ok(String(repeating: "c", count: 300_000)),
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\nto the end", "HTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", "nonsense\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\nframes",
    ]

    private func gateway() throws -> Gateway {
        try Gateway(
            """
            upstream app {
                server $0
                server $1
                server $2 backup
            }
            site * {
                route /ws app public {
                    websocket on
                }
                route /* app public
            }

            """, origins: 3
        ) {
            $0.upstreams[0].maxConnections = 3
            $0.upstreams[0].responseTimeout = 300
            $0.timeouts.keepalive = 400
            $0.timeouts.bodyIdle = 300
            $0.timeouts.header = 300
        }
    }

    private func act(_ peer: Peer, _ texts: [String], _ random: inout SeededRandom) {
        switch Int.random(in: 0..<24, using: &random) {
        case 0: peer.close()
        case 1: peer.reset()
        case 2: peer.endOutput()
        case 3, 4: peer.reads.toggle()
        case 5...11: if peer.unsent < 1 << 20 { peer.send(texts.randomElement(using: &random) ?? "") }
        case 12:
            let text = Array((texts.randomElement(using: &random) ?? "").utf8)
            peer.send(Array(text.prefix(Int.random(in: 0...text.count, using: &random))))
        default: break
        }
    }

    @Test(arguments: 0..<16)
    func `whatever clients and origins do, nothing is left over`(seed: Int) throws {
        var random = SeededRandom(seed)
        let gateway = try gateway()
        var clients: [Peer] = []

        for _ in 0..<600 {
            if clients.count < 40 && Int.random(in: 0..<4, using: &random) == 0 {
                clients.append(try Bool.random(using: &random) ? gateway.client() : gateway.clientOverTCP())
            }
            for client in clients where Int.random(in: 0..<6, using: &random) == 0 {
                act(client, Self.requests, &random)
            }
            for origin in gateway.origins {
                for connection in origin.connections where Int.random(in: 0..<6, using: &random) == 0 {
                    act(connection, Self.answers, &random)
                }
            }
            gateway.turn()
        }
        for client in clients { client.close() }
        for origin in gateway.origins {
            for connection in origin.connections { connection.close() }
            origin.answer = { _ in ok("calm") }
        }

        #expect(gateway.run { gateway.worker.connectionCount == 0 })
        #expect(
            gateway.run { gateway.worker.groups[0].servers.allSatisfy { $0.activeCount == 0 } })
        #expect(gateway.worker.counters.value(.connections) == 0)
        #expect(gateway.worker.counters.value(.websockets) == 0)
        for line in gateway.accessLines() {
            #expect(throws: Never.self, "\(line)") { try JSONSerialization.jsonObject(with: Data(line.utf8)) }
        }
        // The gateway is as good as new.
        let client = try gateway.client()
        client.send("GET /a HTTP/1.1\r\nHost: x.test\r\n\r\n")
        #expect(gateway.run { client.text.hasSuffix("calm") })
    }
}
