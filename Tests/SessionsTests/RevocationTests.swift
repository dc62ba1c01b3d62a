import Redis
import RedisTestSupport
import Testing
import Transport

@testable import Sessions

@Suite struct RevocationTests {
    @Test(
        arguments: [
            ("s:0123456789abcdef", Revocation.session(Array("0123456789abcdef".utf8))),
            ("u:ada", .user(Array("ada".utf8))), ("u:x", .user(Array("x".utf8))),
            ("s:0123456789abcde", nil), ("s:0123456789abcdefa", nil), ("s:0123456789ABCDEF", nil),
            ("u:", nil), ("u:a\"b", nil), ("u", nil), ("", nil), ("x:ada", nil), ("uada", nil), (":ada", nil),
        ] as [(String, Revocation?)])
    func `a message names a session or a user, or means nothing`(text: String, expected: Revocation?) {
        #expect([UInt8](text.utf8).withUnsafeBytes { Revocation(message: $0) } == expected)
    }

    @Test func `what ends in a store is heard under its realm`() throws {
        let server = try RealServer()
        let shop = try StoreHarness(path: server.path, realm: "shop")
        let staff = try StoreHarness(path: server.path, realm: "staff")
        for harness in [shop, staff] { harness.redis.connection.start() }
        let helpers = try HelperPool(loop: shop.redis.loop, threads: 1, limit: 4)
        let feed = RevocationFeed(
            loop: shop.redis.loop, resolver: Resolver(pool: helpers),
            settings: .init(address: .unix(path: server.path)),
            stores: [shop.store, staff.store], secret: { nil })
        var heard: [String] = []
        feed.onRevoked = { realm, revocation in heard.append("\(realm) \(revocation)") }
        feed.start()
        #expect(shop.redis.run { feed.isListening })

        let first = try shop.login("ada")
        let second = try staff.login("ada")
        #expect(shop.end(first) == true)
        #expect(staff.endAll("ada") != nil)
        #expect(shop.redis.run { heard.count == 3 })
        #expect(
            heard == [
                "0 \(Revocation.session(first.handle))", "1 \(Revocation.session(second.handle))",
                "1 \(Revocation.user(Array("ada".utf8)))",
            ])
        feed.close()
    }
}
