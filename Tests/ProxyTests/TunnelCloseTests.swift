import HTTP1
import Operations
import RandomTestSupport
import Testing

@testable import Proxy

/// Tunnels that we end: a Close frame to either side, never into the middle of another frame.
@Suite struct TunnelCloseTests {
    private static let routes = """
        upstream app { server $0 }
        site * {
            route /* app public {
                websocket on
            }
        }

        """
    private let handshake =
        "GET /ws HTTP/1.1\r\nHost: x.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    private let accepted =
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"

    private struct Open {
        let gateway: Gateway
        let client: Peer
        let origin: Peer
        let exchange: Exchange
    }

    private func open() throws -> Open {
        let gateway = try Gateway(Self.routes)
        let client = try gateway.client()
        client.send(handshake)
        #expect(gateway.run { gateway.origin.last?.text.hasSuffix("\r\n\r\n") ?? false })
        let origin = try #require(gateway.origin.last)
        origin.send(accepted)
        #expect(gateway.run { client.text.hasSuffix("\r\n\r\n") })
        client.forget()
        origin.forget()
        let exchanges = gateway.worker.connections.compactMap { $0?.exchange }
        let exchange = try #require(exchanges.first)
        return Open(gateway: gateway, client: client, origin: origin, exchange: exchange)
    }

    private func frame(_ count: Int, isMasked: Bool, _ random: inout SeededRandom) -> [UInt8] {
        var bytes: [UInt8] = [0x82]
        let bit: UInt8 = isMasked ? 0x80 : 0
        if count < 126 {
            bytes.append(bit | UInt8(count))
        } else {
            bytes += [bit | 126, UInt8(count >> 8), UInt8(count & 255)]
        }
        if isMasked { bytes += [9, 8, 7, 6] }
        return bytes + (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    /// Whether `received` is the start of `sent` up to the end of a frame; `ends` are those.
    private func isWhole(_ received: [UInt8], _ sent: [UInt8], _ ends: Set<Int>) -> Bool {
        ends.contains(received.count) && sent.starts(with: received)
    }

    @Test func `both sides hear why, and everything is given back`() throws {
        let tunnel = try open()
        tunnel.exchange.closeTunnel(code: 4001, end: .revoked)
        #expect(tunnel.gateway.run { tunnel.client.isOver && tunnel.origin.isOver })
        #expect(tunnel.client.received == WebSocketClose.frame(code: 4001, reason: "session ended"))
        let told = tunnel.origin.received
        #expect(told.count == 8 && told.prefix(2) == [0x88, 0x82])
        #expect(told.count == 8 && told[6] ^ told[2] == 0x03 && told[7] ^ told[3] == 0xe9)
        tunnel.client.close()
        #expect(tunnel.gateway.run { tunnel.gateway.worker.connectionCount == 0 })
        #expect(tunnel.gateway.worker.counters.value(.websockets) == 0)
        #expect(tunnel.gateway.accessLines().last?.contains(#""end":"revoked""#) ?? false)
    }

    @Test(arguments: 0..<40)
    func `whatever is on its way, no frame is cut that could be finished`(seed: Int) throws {
        var random = SeededRandom(seed)
        let tunnel = try open()
        var sides: [(peer: Peer, to: Peer, sent: [UInt8], ends: Set<Int>)] = [
            (tunnel.client, tunnel.origin, [], [0]), (tunnel.origin, tunnel.client, [], [0]),
        ]
        for index in sides.indices {
            for _ in 0..<Int.random(in: 0...6, using: &random) {
                let count = [0, 5, 125, 300, 4_000].randomElement(using: &random) ?? 0
                sides[index].sent += frame(count, isMasked: index == 0, &random)
                sides[index].ends.insert(sides[index].sent.count)
            }
        }
        var positions = [0, 0]
        var turnsLeft = Int.random(in: 0...20, using: &random)
        while positions[0] < sides[0].sent.count || positions[1] < sides[1].sent.count || turnsLeft >= 0 {
            for index in sides.indices {
                let left = sides[index].sent.count - positions[index]
                let count = min(left, Int.random(in: 0...900, using: &random))
                if count > 0 {
                    sides[index].peer.send(Array(sides[index].sent[positions[index]...].prefix(count)))
                }
                positions[index] += count
            }
            tunnel.gateway.turn()
            turnsLeft -= 1
            if turnsLeft == -1 {
                // A machine that is busy must not be what cuts a frame here.
                tunnel.exchange.closeTunnel(code: 4001, end: .revoked, patience: 10_000)
            }
        }
        #expect(tunnel.gateway.run { tunnel.client.isOver && tunnel.origin.isOver })

        let close = WebSocketClose.frame(code: 4001, reason: "session ended")
        let (heard, told) = (tunnel.client.received, tunnel.origin.received)
        let hearsClose = heard.suffix(close.count).elementsEqual(close)
        let isToldClose = told.dropLast(6).suffix(2).elementsEqual([0x88, 0x82])
        #expect(hearsClose && isToldClose)
        let isWholeDown = isWhole(Array(heard.dropLast(close.count)), sides[1].sent, sides[1].ends)
        let isWholeUp = isWhole(Array(told.dropLast(8)), sides[0].sent, sides[0].ends)
        #expect(isWholeDown && isWholeUp)
    }

    @Test func `a frame that gets stuck is cut, and the other side still hears why`() throws {
        let tunnel = try open()
        tunnel.origin.send([0x82, 100] + [UInt8](repeating: 1, count: 10))
        #expect(tunnel.gateway.run { tunnel.client.received.count == 12 })
        tunnel.exchange.closeTunnel(code: 4001, end: .expired)
        #expect(tunnel.gateway.run(milliseconds: 1_000) { tunnel.client.isOver })
        #expect(tunnel.client.received.count == 12)
        #expect(tunnel.gateway.run { tunnel.origin.isOver })
        #expect(tunnel.origin.received.count == 8)
    }

    @Test func `a side that has said its last word hears no other`() throws {
        let tunnel = try open()
        tunnel.origin.send([0x88, 2, 0x03, 0xe8])
        tunnel.client.send([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8])
        #expect(tunnel.gateway.run { tunnel.client.received.count == 4 && tunnel.origin.received.count == 8 })
        tunnel.exchange.closeTunnel(code: 4001, end: .revoked)
        #expect(tunnel.gateway.run { tunnel.client.isOver && tunnel.origin.isOver })
        #expect(tunnel.client.received.count == 4 && tunnel.origin.received.count == 8)
    }

    @Test func `a client that reads nothing is let go after a second`() throws {
        let tunnel = try open()
        tunnel.client.reads = false
        var random = SeededRandom(3)
        for _ in 0..<400 { tunnel.origin.send(frame(4_000, isMasked: false, &random)) }
        tunnel.gateway.pass(milliseconds: 100)
        tunnel.exchange.closeTunnel(code: 4001, end: .revoked)
        #expect(tunnel.gateway.run(milliseconds: 3_000) { tunnel.gateway.worker.connectionCount == 0 })
    }

    @Test func `closing twice, or what is no tunnel any more, does nothing`() throws {
        let tunnel = try open()
        tunnel.client.send([0x82])
        tunnel.gateway.pass(milliseconds: 10)
        tunnel.exchange.closeTunnel(code: 4001, end: .revoked)
        tunnel.exchange.closeTunnel(code: 1001, end: .drain)
        #expect(tunnel.gateway.run { tunnel.client.isOver })
        tunnel.exchange.closeTunnel(code: 1001, end: .drain)
        #expect(tunnel.client.received == WebSocketClose.frame(code: 4001, reason: "session ended"))
    }
}
