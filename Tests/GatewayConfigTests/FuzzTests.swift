import GatewayConfig
import RandomTestSupport
import Testing

/// Whatever a file holds: no trap, and settings or an error.
@Suite struct FuzzTests {
    private let words = [
        "listen", ":8080", "127.0.0.1:1", "redis", "managed", "redis://h/1", "unix:///x?db=1", "session",
        "key",
        "key_file", "state/k", "users", "people", "store", "sqlite", "x.db", "realm", "main", "upstream",
        "app",
        "server", "site", "*", "route", "/*", "/a/{b}/*", "-", "user", "role", "admin", "public", "deny",
        "respond",
        "200", "redirect", "/x", "methods", "GET", "idle", "2h", "99999999999999999d", "body", "10m", "{",
        "}", "\n",
        "\n", "\n", "\"", "'", "#", ";", "\\\n", "${env:X}", "${env:X:-y}", "${file:k}", "${cred:k}", "${",
        "}",
        "include", "*.conf", "a.conf", "hash", "bcrypt", "argon2id", "password", "min", "trust_proxy", "::/0",
        "10.0.0.0/8", "origins", "https://a", "strip_prefix", "websocket", "on", "off", "\u{0}", "é",
        "limits",
        "sessions_per_user", "evict", "oldest", "touch", "endpoints", "host", "headers", "strip", "X-*",
        "tls",
    ]

    private func check(_ bytes: [UInt8]) {
        var source = TextSource(
            files: ["a.conf": "workers 2\n", "k": "0123456789abcdef0123456789abcdef-+"],
            variables: ["X": "1s", "CREDENTIALS_DIRECTORY": "."])
        source.files["gateway.conf"] = bytes
        source.files["b.conf"] = Array(bytes.prefix(200))
        let result = loadSettings(path: "gateway.conf", source: source)
        #expect((result.settings == nil) == (result.errorCount > 0))
        for format in DiagnosticFormat.allCases {
            _ = format.render(result.diagnostics, path: "gateway.conf")
        }
        guard let settings = result.settings else { return }
        #expect(!settings.listeners.isEmpty && !settings.sites.isEmpty && !settings.session.keys.isEmpty)
    }

    @Test func `random bytes`() {
        var random = SeededRandom(1)
        for _ in 0..<300 {
            check((0..<random.below(300)).map { _ in UInt8(truncatingIfNeeded: random.next()) })
        }
    }

    @Test func `random words`() {
        var random = SeededRandom(2)
        for _ in 0..<300 {
            let text = (0..<random.below(120)).map { _ in words[random.below(words.count)] }
            check(Array(text.joined(separator: random.below(10) == 0 ? "" : " ").utf8))
        }
    }

    @Test func `good files with some bytes changed, taken out, doubled or cut off`() {
        var random = SeededRandom(3)
        let seeds = [fullExample(), commentedExample(), Sample.with("include a.conf\ninclude *.conf")]
        for _ in 0..<300 {
            var bytes = Array(seeds[random.below(seeds.count)].utf8)
            for _ in 0...random.below(6) {
                let index = random.below(bytes.count)
                switch random.below(5) {
                case 0: bytes[index] = UInt8(truncatingIfNeeded: random.next())
                case 1: bytes.removeSubrange(index..<min(bytes.count, index + 1 + random.below(20)))
                case 2: bytes.insert(contentsOf: words[random.below(words.count)].utf8, at: index)
                case 3: bytes.insert(contentsOf: bytes[index...].prefix(random.below(80)), at: index)
                default: bytes.removeSubrange(index...)
                }
                if bytes.isEmpty { break }
            }
            check(bytes)
        }
    }
}
