import Redis
import RedisTestSupport
import Testing
import Transport

@Suite("RedisSubscriber")
struct RedisSubscriberTests {
    /// A subscriber on a loop of its own, and what it heard.
    private final class Listener {
        let harness: Harness
        let subscriber: RedisSubscriber
        var messages: [String] = []
        var troubles: [String] = []
        var subscriptions = 0

        init(
            _ path: String, channels: [String] = ["a", "b"],
            change: (inout RedisConnectionSettings) -> Void = { _ in }
        ) throws {
            var settings = RedisConnectionSettings(address: .unix(path: path))
            change(&settings)
            harness = try Harness(.unix(path: path))
            let helpers = try HelperPool(loop: harness.loop, threads: 1, limit: 4)
            subscriber = RedisSubscriber(
                loop: harness.loop, resolver: Resolver(pool: helpers),
                settings: settings, channels: channels.map { [UInt8]($0.utf8) }, secret: { nil })
            subscriber.onMessage = { [weak self] channel, text in
                let channel = String(decoding: channel, as: UTF8.self)
                self?.messages.append("\(channel): \(String(decoding: text, as: UTF8.self))")
            }
            subscriber.onSubscribed = { [weak self] in self?.subscriptions += 1 }
            subscriber.onTrouble = { [weak self] in self?.troubles.append($0) }
            subscriber.start()
        }

        deinit { subscriber.close() }
    }

    @Test func `messages of all channels come, in order`() throws {
        let server = try RealServer()
        let listener = try Listener(server.path)
        #expect(listener.harness.run { listener.subscriptions == 1 })
        listener.harness.connection.start()
        for number in 0..<50 {
            _ = listener.harness.ask("PUBLISH", number % 2 == 0 ? "a" : "b", "m\(number)")
        }
        _ = listener.harness.ask("PUBLISH", "c", "not for us")

        #expect(listener.harness.run { listener.messages.count == 50 })
        #expect(listener.messages == (0..<50).map { ($0 % 2 == 0 ? "a" : "b") + ": m\($0)" })
        #expect(listener.troubles.isEmpty)
    }

    @Test func `a lost connection is made again, and that is told`() throws {
        let server = try RealServer()
        let listener = try Listener(server.path)
        #expect(listener.harness.run { listener.subscriptions == 1 })
        server.kill()
        #expect(listener.harness.run { !listener.troubles.isEmpty })
        #expect(!listener.subscriber.isSubscribed)
        try server.start()
        #expect(listener.harness.run { listener.subscriptions == 2 })
        listener.harness.connection.start()
        _ = listener.harness.ask("PUBLISH", "a", "again")
        #expect(listener.harness.run { listener.messages == ["a: again"] })
    }

    @Test func `a quiet connection is tried and stays`() throws {
        let server = try RealServer()
        let listener = try Listener(server.path) { $0.idleProbe = 20 }
        #expect(listener.harness.run { listener.subscriptions == 1 })
        listener.harness.run(for: 300)
        listener.harness.connection.start()
        _ = listener.harness.ask("PUBLISH", "a", "still there")
        #expect(listener.harness.run { listener.messages == ["a: still there"] })
        #expect(listener.subscriptions == 1 && listener.troubles.isEmpty)
    }

    @Test func `a connection that has died without a word is found out and made again`() throws {
        let server = try RealServer()
        let listener = try Listener(server.path) { $0.idleProbe = 20 }
        #expect(listener.harness.run { listener.subscriptions == 1 })
        server.pause()
        #expect(listener.harness.run(8_000) { !listener.troubles.isEmpty })
        server.resume()
        #expect(listener.harness.run(8_000) { listener.subscriptions == 2 })
    }

    @Test func `it counts as subscribed only when all channels are`() throws {
        let fake = try FakeServer()
        let listener = try Listener(fake.path)
        try answerGreeting(fake, listener)
        #expect(listener.harness.run { fake.received()?.contains("SUBSCRIBE") ?? false })
        fake.send("*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n")
        fake.send("*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$5\r\nearly\r\n")
        #expect(listener.harness.run { listener.messages == ["a: early"] })
        #expect(!listener.subscriber.isSubscribed)
        fake.send("*3\r\n$9\r\nsubscribe\r\n$1\r\nb\r\n:2\r\n")
        #expect(listener.harness.run { listener.subscriber.isSubscribed })
        #expect(listener.subscriptions == 1)
    }

    @Test func `a refusal is told and the connection stays`() throws {
        let fake = try FakeServer()
        let listener = try Listener(fake.path, channels: ["a"])
        try answerGreeting(fake, listener)
        #expect(listener.harness.run { fake.received()?.contains("SUBSCRIBE") ?? false })
        fake.send("-NOPERM this user has no permissions to access one of the channels\r\n")
        #expect(listener.harness.run { listener.troubles.count == 1 })
        #expect(listener.troubles.first?.contains("NOPERM") ?? false)
        #expect(!listener.subscriber.isSubscribed)
        listener.harness.run(for: 100)
        #expect(fake.received() == "")
    }

    @Test(arguments: ["+OK\r\n", ":1\r\n", "?\r\n", "*1\r\n$400000\r\n"])
    func `nonsense cuts the connection`(text: String) throws {
        let fake = try FakeServer()
        let listener = try Listener(fake.path, channels: ["a"])
        try answerGreeting(fake, listener)
        #expect(listener.harness.run { fake.received()?.contains("SUBSCRIBE") ?? false })
        fake.send(text)
        #expect(listener.harness.run { fake.received() == nil })
        #expect(!listener.troubles.isEmpty && !listener.subscriber.isSubscribed)
    }

    private func answerGreeting(_ fake: FakeServer, _ listener: Listener) throws {
        #expect(listener.harness.run { fake.accept() })
        #expect(listener.harness.run { fake.received()?.hasSuffix("PING\r\n") ?? false })
        fake.send("+PONG\r\n")
    }
}
