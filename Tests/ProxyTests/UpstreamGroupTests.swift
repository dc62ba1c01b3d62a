import GatewayConfig
import Testing
import Transport

@testable import Proxy

/// Which servers requests reach.
@Suite struct UpstreamGroupTests {
    private static let get = "GET /a HTTP/1.1\r\nHost: x.test\r\nConnection: close\r\n\r\n"

    private func gateway(_ options: String, servers: [String] = ["$0", "$1", "$2"]) throws -> Gateway {
        let lines = servers.map { "    server \($0)" }.joined(separator: "\n")
        let gateway = try Gateway(
            "upstream app {\n\(lines)\n\(options)\n}\nsite * { route /* app public }\n", origins: 3)
        for (index, origin) in gateway.origins.enumerated() { origin.answer = { _ in ok("from \(index)") } }
        return gateway
    }

    private func answers(_ gateway: Gateway, _ count: Int, _ request: String = get) throws -> [String] {
        try (0..<count).map { _ in String(try gateway.ask(request).suffix(6)) }
    }

    @Test func `servers take turns by weight`() throws {
        let gateway = try gateway("balance round_robin", servers: ["$0 weight 2", "$1", "$2"])
        let seen = try answers(gateway, 40)
        #expect(seen.count { $0 == "from 0" } == 20)
        #expect(seen.count { $0 == "from 1" } == 10)
        #expect(seen.count { $0 == "from 2" } == 10)
    }

    @Test(arguments: ["hash_ip", "hash_user"])
    func `an address always gets the same server`(_ balance: String) throws {
        let gateway = try gateway("balance \(balance)")
        var reached: Set<String> = []
        for host in 1...20 {
            let seen = try (0..<3).map { _ in try gateway.ask(Self.get, from: "203.0.113.\(host)").suffix(6) }
            #expect(Set(seen).count == 1)
            reached.formUnion(seen.map { String($0) })
        }
        #expect(reached.count == 3)
    }

    @Test func `a server that is gone costs nobody an answer, and is left alone after three failures`() throws
    {
        let gateway = try gateway("balance round_robin")
        gateway.origins[1].close()
        let seen = try answers(gateway, 30)
        #expect(Set(seen) == ["from 0", "from 2"])
        let server = gateway.worker.groups[0].servers[1]
        #expect(!server.isUsable && server.stateWord == "out")
        #expect(gateway.accessLines().count { $0.contains("\"tries\":2") } == 3)
    }

    @Test func `any method goes on to another server if nothing was sent`() throws {
        let gateway = try gateway("balance round_robin")
        gateway.origins[0].close()
        let post = "POST /a HTTP/1.1\r\nHost: x.test\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi"
        for origin in gateway.origins { origin.answer = nil }
        let client = try gateway.client()
        client.send(post)
        #expect(gateway.run { gateway.origins.contains { $0.last?.text.hasSuffix("hi") ?? false } })
    }

    @Test func `retry off leaves it at one try`() throws {
        let gateway = try gateway("balance round_robin\nretry off\npassive off")
        gateway.origins[0].close()
        let seen = try (0..<3).map { _ in try gateway.ask(Self.get).prefix(12) }
        #expect(seen.count { $0 == "HTTP/1.1 502" } == 1)
    }

    @Test func `retry N tries so many others, none of them twice`() throws {
        let gateway = try gateway("balance round_robin\nretry 5\npassive off")
        for origin in gateway.origins { origin.close() }
        #expect(try gateway.ask(Self.get).hasPrefix("HTTP/1.1 502"))
        #expect(gateway.accessLines().last?.contains("\"tries\":3") == true)
    }

    @Test func `all down and one back: the next request finds it`() throws {
        let gateway = try gateway("balance round_robin\nretry 2")
        var dead = [true, true, true]
        let group = gateway.worker.groups[0]
        for _ in 0..<3 {
            for server in group.servers { server.noteFailure("test") }
        }
        #expect(group.servers.count { $0.isUsable } == 1, "the last one stays in")
        dead[0] = false
        let usable = try #require(group.servers.firstIndex { $0.isUsable })
        gateway.origins[usable].close()
        let seen = try answers(gateway, 4)
        #expect(seen.allSatisfy { $0.hasPrefix("from") })
        #expect(group.servers.count { $0.isUsable } >= 1)
    }

    @Test func `backups serve only while no other does`() throws {
        let gateway = try gateway(
            "balance round_robin\nkeepalive 0\npassive 1 in 1m", servers: ["$0", "$1 backup", "$2 backup"])
        #expect(Set(try answers(gateway, 6)) == ["from 0"])
        gateway.origins[0].close()
        #expect(Set(try answers(gateway, 8)) == ["from 1", "from 2"])
        #expect(gateway.accessLines().count { $0.contains("\"tries\":2") } == 1)
    }

    @Test func `only a server that is there serves a name; what runs is finished when it leaves`() throws {
        let gateway = try gateway("", servers: ["$0"])
        let group = gateway.worker.groups[0]
        for origin in gateway.origins { origin.answer = nil }
        let client = try gateway.client()
        client.send(Self.get)
        #expect(gateway.run { gateway.origins[0].last?.text.hasSuffix("\r\n\r\n") ?? false })
        let former = group.servers[0]
        let other = try #require(SocketAddress(unixPath: gateway.origins[1].path))
        group.replace(0, by: [other])
        #expect(former.isRetired && group.servers.count == 1 && group.servers[0] !== former)
        gateway.origins[0].last?.send(ok("from 0"))
        #expect(gateway.run { client.isOver })
        #expect(client.text.hasSuffix("from 0"))
        #expect(former.connectionCount == 0)
        group.replace(0, by: [other])
        #expect(group.servers.count == 1)
    }

    @Test func `checks decide over servers, and over the only one too`() throws {
        let gateway = try gateway(
            "health GET /up every 100ms timeout 50ms rise 1 fall 1", servers: ["$0"])
        var isWell = false
        gateway.origins[0].answer = { request in
            guard request.hasPrefix("GET /up ") else { return ok("from 0") }
            #expect(!request.contains("Cookie") && request.contains("Connection: close\r\n"))
            return isWell ? ok("") : "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"
        }
        let server = gateway.worker.groups[0].servers[0]
        #expect(try answers(gateway, 1) == ["from 0"], "up until told otherwise")
        gateway.worker.groups[0].startChecks()
        #expect(gateway.run { !server.isUsable })
        let refused = try gateway.ask(Self.get)
        #expect(refused.hasPrefix("HTTP/1.1 503") && refused.contains("upstream_unavailable"))
        isWell = true
        #expect(gateway.run { server.isUsable })
        #expect(try answers(gateway, 1) == ["from 0"])
        gateway.worker.groups[0].endChecks()
    }

    @Test(arguments: [
        "garbage\r\n\r\n", "HTTP/1.1 404 No\r\n\r\n", "", "HTTP/1.1 100 C\r\n\r\n", "HTTP/1.1 200",
        "HTTP/1.1 101 S\r\n\r\n",
        String(repeating: "HTTP/1.1 103 E\r\n\r\n", count: 20) + "HTTP/1.1 200 OK\r\n\r\n",
    ])
    func `a check takes no bad answer for a good one`(_ answer: String) throws {
        let gateway = try gateway(
            "health GET /up every 100ms timeout 50ms rise 1 fall 1", servers: ["$0"])
        gateway.origins[0].answer = { _ in answer }
        gateway.worker.groups[0].startChecks()
        #expect(gateway.run { gateway.worker.groups[0].servers[0].stateWord == "failing its checks" })
        gateway.worker.groups[0].endChecks()
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.0 399 X\r\n\r\n", "HTTP/1.1 103 E\r\n\r\nHTTP/1.1 204 N\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + String(repeating: "x", count: 100_000),
    ])
    func `a check takes a good answer`(_ answer: String) throws {
        let gateway = try gateway(
            "health GET /up every 100ms timeout 50ms rise 1 fall 1", servers: ["$0"])
        gateway.origins[0].answer = { _ in "HTTP/1.1 500 No\r\n\r\n" }
        let server = gateway.worker.groups[0].servers[0]
        gateway.worker.groups[0].startChecks()
        #expect(gateway.run { !server.isUsable })
        gateway.origins[0].answer = { _ in answer }
        #expect(gateway.run { server.isUsable })
        gateway.worker.groups[0].endChecks()
    }
}
