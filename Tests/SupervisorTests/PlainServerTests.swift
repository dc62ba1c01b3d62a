import Glibc
import Testing
import Transport

@testable import Supervisor

@Suite struct PlainServerTests {
    /// A server that says what it was asked, on a socket pair whose other end is the client's.
    final class Served {
        let loop: EventLoop
        let server: PlainServer
        let client: Int32
        private let path: String

        init(handler: @escaping (PlainExchange) -> Void = Served.tell) throws {
            loop = try EventLoop()
            path = Scratch.directory() + "/socket"
            let address = try #require(SocketAddress(unixPath: path))
            server = PlainServer(loop: loop, handler: handler)
            try server.listen(Sockets.listen(address, backlog: 4))
            client = try Sockets.connectBlocking(address).release()
            _ = fcntl(client, F_SETFL, O_NONBLOCK)
            turn()
        }

        deinit { close(client) }

        static func tell(_ exchange: PlainExchange) {
            let request = exchange.request
            exchange.answer(.text(200, "\(request.method) \(request.path) \(request.bodyCount)"))
        }

        func turn() { for _ in 0..<4 { loop.tick(limit: 5) } }

        func send(_ text: String) {
            let bytes = Array(text.utf8)
            #expect(Glibc.send(client, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count)
            turn()
        }

        /// What came, and whether the connection has ended.
        func received() -> (text: String, hasEnded: Bool) {
            var bytes: [UInt8] = []
            var chunk = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = recv(client, &chunk, chunk.count, 0)
                if count <= 0 { return (String(decoding: bytes, as: UTF8.self), count == 0) }
                bytes += chunk[..<count]
            }
        }
    }

    @Test func `requests on one connection are answered in order, their bodies dropped`() throws {
        let served = try Served()

        served.send(
            "GET /one HTTP/1.1\r\nHost: a\r\n\r\nPOST /two HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel"
        )
        served.send(
            "loPUT /three HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")

        let (text, hasEnded) = served.received()
        let bodies = text.components(separatedBy: "HTTP/1.1 200").dropFirst().map {
            $0.split(separator: "\r\n").last
        }
        #expect(bodies == ["GET /one 0", "POST /two 5", "PUT /three 3"])
        #expect(!hasEnded)
    }

    @Test func `an answer may come later, and the next request waits for it`() throws {
        var waiting: [PlainExchange] = []
        let served = try Served { waiting.append($0) }

        served.send("GET /one HTTP/1.1\r\nHost: a\r\n\r\nGET /two HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(waiting.map(\.request.path) == ["/one"])
        waiting[0].answer(.text(200, "first"))
        served.turn()

        #expect(waiting.map(\.request.path) == ["/one", "/two"])
        #expect(served.received().text.hasSuffix("first"))
    }

    @Test(arguments: [
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "GET / HTTP/1.0\r\n\r\n",
        "NONSENSE\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ])
    func `what ends a connection is answered, then it is closed`(request: String) throws {
        let served = try Served()

        served.send(request)
        served.turn()

        let (text, hasEnded) = served.received()
        #expect(text.hasPrefix("HTTP/1.1 "))
        #expect(text.contains("Connection: close\r\n"))
        #expect(hasEnded)
    }

    @Test func `a client that goes away while its answer is made is forgotten`() throws {
        var waiting: [PlainExchange] = []
        let served = try Served { waiting.append($0) }
        served.send("GET /one HTTP/1.1\r\nHost: a\r\n\r\n")

        shutdown(served.client, Int32(SHUT_RDWR))
        served.turn()
        waiting[0].answer(.text(200, "to nobody"))
        served.turn()

        #expect(served.server.isIdle)
    }

    @Test func `a client waits for 100 (Continue) and gets it`() throws {
        let served = try Served()

        served.send("POST /a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        let interim = served.received().text
        served.send("ok")

        #expect(interim == "HTTP/1.1 100 Continue\r\n\r\n")
        #expect(served.received().text.hasSuffix("POST /a 2"))
    }

    @Test func `closing lets what runs finish`() throws {
        var waiting: [PlainExchange] = []
        let served = try Served { waiting.append($0) }
        served.send("GET /one HTTP/1.1\r\nHost: a\r\n\r\n")

        served.server.close()
        served.turn()
        waiting[0].answer(.text(200, "done"))
        served.turn()

        let (text, hasEnded) = served.received()
        #expect(text.hasSuffix("done"))
        #expect(hasEnded)
    }
}

extension String {
    fileprivate func components(separatedBy separator: String) -> [String] {
        var parts: [String] = []
        var rest = self[...]
        while let range = rest.firstRange(of: separator) {
            parts.append(String(rest[..<range.lowerBound]))
            rest = rest[range.upperBound...]
        }
        return parts + [String(rest)]
    }
}
