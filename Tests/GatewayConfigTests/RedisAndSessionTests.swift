import GatewayConfig
import Testing

@Suite struct RedisAndSessionTests {
    private func redis(_ line: String) -> LoadResult { load(Sample.with("").replacingRedis(line)) }

    private func session(_ block: String, files: [String: String] = [:]) -> LoadResult {
        load(Sample.with("").replacingSession("session {\n\(block)\n}"), files: files)
    }

    @Test(arguments: [
        ("redis://localhost", Endpoint.tcp(host: "localhost", port: 6379), 0),
        ("redis://10.0.0.1:7000/5", .tcp(host: "10.0.0.1", port: 7000), 5),
        ("redis://[::1]:7000/", .tcp(host: "::1", port: 7000), 0),
        ("unix:///run/redis.sock", .unix(path: "/run/redis.sock"), 0),
        ("unix:///run/redis.sock?db=2", .unix(path: "/run/redis.sock"), 2),
    ])
    func `reads URLs of Redis`(_ url: String, _ endpoint: Endpoint, _ database: Int) throws {
        let settings = try #require(redis("redis \(url)").settings?.redis)

        #expect(settings.server == .external(endpoint))
        #expect(settings.database == database)
        #expect(settings.connections == 1)
    }

    @Test(arguments: [
        ("redis redis://u:hunter2@h/0", "E405"), ("redis redis://:hunter2@h", "E405"),
        ("redis redis://:a/b@h", "E405"), ("redis rediss://h", "E212"),
        ("redis redis+sentinel://h", "E212"), ("redis http://h", "E205"), ("redis localhost:6379", "E205"),
        ("redis redis://", "E205"), ("redis redis://h:x", "E205"), ("redis redis://h/x", "E205"),
        ("redis redis://h/-1", "E205"), ("redis unix://run/x", "E205"), ("redis redis://@h", "E205"),
        ("redis redis://h { timeout 0 }", "E205"), ("redis redis://h { outage grace 5s }", "E212"),
        ("redis redis://h { outage reject 5s }", "E208"), ("redis redis://h { tls_ca x }", "E212"),
        ("redis redis://h { connections 17 }", "E205"), ("redis managed { password x }", "E305"),
        ("redis redis://h { prefix Gw }", "E205"),
    ])
    func `refuses a Redis that cannot be`(_ line: String, _ code: String) {
        let result = redis(line)

        #expect(codes(result) == [code])
        #expect(!render(result).contains("hunter2"))
    }

    @Test func `reads keys as hex, base64, base64url and text`() throws {
        let raw = (0..<32).map { UInt8($0 * 7 + 3) }
        let hex = raw.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        let text = "just some words, thirty-two or more of them"

        let result = session(
            """
            key \(hex)
            old_key AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=
            old_key AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw
            old_key_file words
            """, files: ["words": text + "\n"])

        #expect(render(result) == "")
        let keys = try #require(result.settings?.session.keys)
        #expect(keys == [.bytes(raw), .bytes(raw), .bytes(raw), .bytes(Array(text.utf8))])
    }

    @Test(arguments: [
        ("key abcdef", 3), ("key 0123456789abcdef0123456789abcdef", 16), ("key 'too short a text'", 16),
    ])
    func `a short key says how short, and how to make one`(_ line: String, _ count: Int) {
        let result = session(line)

        #expect(codes(result) == ["E402"])
        #expect(result.diagnostics[0].message.contains("found \(count) bytes"))
        #expect(result.diagnostics[0].hints == ["make one: gatehouse key new FILE"])
    }

    @Test func `a key file may be missing below the state directory only`() {
        #expect(session("key_file state/a/k").settings?.session.keys == [.created(path: "state/a/k")])
        #expect(
            session("key_file ./state/x/../k").settings?.session.keys == [.created(path: "./state/x/../k")])
        #expect(codes(session("key_file state/../k")) == ["E111"])
        #expect(codes(session("key_file /etc/k")) == ["E111"])
        #expect(codes(session("key_file statex/k")) == ["E111"])
        #expect(codes(session("key_file state/k\nold_key_file state/old")) == ["E111"])
    }

    @Test func `a key file that cannot be read is never made anew`() {
        let source = RecordingSource(
            Unreadable(text: Sample.with("").replacingSession("session { key_file state/k }")))

        let result = loadSettings(path: "gateway.conf", source: source)

        #expect(codes(result) == ["E111"])
        #expect(result.diagnostics[0].message.contains("Permission denied"))
    }

    @Test func `a key file that others can read is a warning`() {
        var source = TextSource(files: [
            "gateway.conf": Sample.with("").replacingSession("session { key_file k }"),
            "k": String(repeating: "k", count: 32),
        ])
        source.modes["k"] = 0o644
        #expect(codes(loadSettings(path: "gateway.conf", source: source)) == ["W503"])
        source.modes["k"] = 0o600
        #expect(codes(loadSettings(path: "gateway.conf", source: source)).isEmpty)
    }

    @Test func `there is one key to sign with, and few old ones`() {
        let key = String(repeating: "k", count: 32)
        #expect(codes(session("")) == ["E303"])
        #expect(codes(session("key \(key)\nkey_file state/k")) == ["E204"])
        #expect(codes(session("key \(key)\n" + String(repeating: "old_key \(key)\n", count: 5))) == ["E208"])
        #expect(codes(session("key \(key)\nrotate 1h")) == ["E212"])
    }

    @Test func `touch stays under a quarter of idle`() {
        let key = String(repeating: "k", count: 32)
        func load(_ touch: String, idle: String) -> LoadResult {
            let text = Sample.with("realm short { \n users people\n idle \(idle)\n endpoints /_s\n}")
                .replacingSession("session {\nkey \(key)\n\(touch)\n}")
                .replacing("site * {", with: "site * { ").replacing(
                    "site * {  route", with: "site * {\nrealm main\nroute"
                )
                .replacing("app user }", with: "app user\n}")
            return GatewayConfigTests.load(text)
        }
        #expect(load("", idle: "2m").settings?.session.touch == 29_999)
        #expect(load("", idle: "1h").settings?.session.touch == 60_000)
        #expect(load("touch 29s", idle: "2m").settings?.session.touch == 29_000)
        #expect(codes(load("touch 30s", idle: "2m")) == ["E205"])
    }
}

/// A source whose key is there and cannot be read.
private struct Unreadable: ConfigSource {
    let text: String

    func read(path: String) -> Result<[UInt8], ConfigSourceError> {
        path == "gateway.conf"
            ? .success(Array(text.utf8)) : .failure(ConfigSourceError(message: "Permission denied"))
    }
    func list(glob: String) -> [String] { [] }
    func environment(_ name: String) -> String? { nil }
}
