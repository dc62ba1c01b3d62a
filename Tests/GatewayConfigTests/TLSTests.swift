import GatewayConfig
import Testing

/// Files, and a look at certificates that says what the test wants.
private struct CertificateSource: ConfigSource {
    var text: TextSource
    var answers: [String: Result<CertificateFacts, CertificateFault>]

    func read(path: String) -> Result<[UInt8], ConfigSourceError> { text.read(path: path) }
    func list(glob: String) -> [String] { text.list(glob: glob) }
    func environment(_ name: String) -> String? { text.environment(name) }
    func permissions(path: String) -> UInt16? { text.permissions(path: path) }

    func inspect(certificate: [UInt8], key: [UInt8]) -> Result<CertificateFacts, CertificateFault>? {
        answers[String(decoding: certificate, as: UTF8.self)]
    }
}

@Suite("TLS of listeners")
struct TLSTests {
    private static let year = 365 * 86_400

    private func load(
        _ listen: String, site: String = "*",
        _ answers: [String: Result<CertificateFacts, CertificateFault>] = [:],
        mode: UInt16 = 0o600
    ) -> LoadResult {
        let text = """
            \(listen)
            redis managed
            \(Sample.session)
            upstream app { server 127.0.0.1:3000 }
            site \(site) { route /* app public }
            """
        var source = TextSource(files: [
            "gateway.conf": text, "a.pem": "A", "a.key": "KA", "b.pem": "B", "b.key": "KB",
        ])
        source.modes = ["a.key": mode, "b.key": 0o600]
        return loadSettings(path: "gateway.conf", source: CertificateSource(text: source, answers: answers))
    }

    private static func facts(_ names: String..., left: Int = year, ahead: Int = -1)
        -> Result<CertificateFacts, CertificateFault>
    {
        .success(
            CertificateFacts(
                names: names, addresses: [[127, 0, 0, 1]], secondsLeft: left, secondsAhead: ahead))
    }

    @Test func `certificates are read, in order`() throws {
        let result = load("listen :443 {\ntls a.pem a.key\ntls b.pem b.key\nmin_tls 1.3\n}")

        let tls = try #require(result.settings?.listeners[0].tls)
        #expect(
            tls.certificates == [
                CertificateSettings(path: "a.pem", certificate: [65], key: [75, 65]),
                CertificateSettings(path: "b.pem", certificate: [66], key: [75, 66]),
            ])
        #expect(tls.minimum == .version13)
    }

    @Test func `a listener without certificates is plain`() {
        #expect(load("listen :80").settings?.listeners[0].tls == nil)
        #expect(codes(load("listen :80 { min_tls 1.3 }")) == ["E305"])
    }

    @Test(arguments: [
        (facts("x", left: -90_000), ["E401"]), (facts("x", left: 3 * 86_400), ["W508"]),
        (facts("x", left: 15 * 86_400), []), (facts("x", ahead: 90_000), ["E401"]),
        (.failure(.certificate("is none")), ["E401"]), (.failure(.key("belongs to another")), ["E401"]),
    ])
    func `what a look at a certificate shows is told`(
        answer: Result<CertificateFacts, CertificateFault>, expected: [String]
    ) {
        #expect(codes(load("listen :443 { tls a.pem a.key }", ["A": answer])) == expected)
    }

    @Test func `a fault is told where its file stands`() {
        let result = load("listen :443 { tls a.pem a.key }", ["A": .failure(.key("belongs to another"))])
        #expect(places(result) == ["1:25 E401"])
        #expect(render(result).contains("belongs to another"))
    }

    @Test(arguments: [("missing.pem a.key", "1:19"), ("a.pem missing.key", "1:25")])
    func `a file that is not there is told`(files: String, place: String) {
        #expect(places(load("listen :443 { tls \(files) }")) == ["\(place) E401"])
    }

    @Test func `a key that others can read is warned of`() {
        #expect(codes(load("listen :443 { tls a.pem a.key }", mode: 0o644)) == ["W503"])
    }

    @Test(arguments: [
        ("shop.example", ["shop.example"], true), ("shop.example", ["other.example"], false),
        ("a.shop.example", ["*.shop.example"], true), ("a.b.shop.example", ["*.shop.example"], false),
        ("shop.example", ["*.shop.example"], false), ("*.shop.example", ["*.shop.example"], true),
        ("*.shop.example", ["a.shop.example"], false), ("127.0.0.1", ["x"], true), ("*", ["x"], true),
        ("127.0.0.2", ["x"], false),
    ])
    func `every host needs a certificate`(host: String, names: [String], isCovered: Bool) {
        let answer = Self.facts()
        guard case .success(var facts) = answer else { return }
        facts.names = names

        let result = load("listen :443 { tls a.pem a.key }", site: host, ["A": .success(facts)])
        let both = load(
            "listen :80\nlisten :443 { tls a.pem a.key }", site: host, ["A": .success(facts)])

        #expect(codes(result) == (isCovered ? [] : ["E403"]))
        // Without https it can be reached all the same.
        #expect(codes(both) == (isCovered ? [] : ["W520"]))
    }

    @Test func `the certificates of all listeners count`() {
        let result = load(
            "listen :443 { tls a.pem a.key }\nlisten :444 { tls b.pem b.key }", site: "a.x b.x",
            ["A": Self.facts("a.x"), "B": Self.facts("b.x")])
        #expect(codes(result) == [])
    }

    @Test func `with TLS the cookie is safe`() {
        let text = """
            listen 0.0.0.0:443 { tls a.pem a.key }
            redis managed
            \(Sample.session)
            \(Sample.users)
            \(Sample.upstream)
            site shop.example { route /* app user }
            """
        let result = GatewayConfigTests.load(text, files: ["a.pem": "A", "a.key": "K"])
        #expect(codes(result) == [])
    }
}

@Suite("TLS of upstreams")
struct UpstreamTLSTests {
    private func load(_ lines: String) -> LoadResult {
        GatewayConfigTests.load(
            Sample.head + "\nupstream app {\n\(lines)\n}\nsite * { route /* app public }\n",
            files: ["ca.pem": "CA", "a.pem": "A", "a.key": "K"])
    }

    @Test func `servers with TLS, and what they are held against`() throws {
        let result = load(
            """
            server a.example:8443 weight 2
            server b.example:8443
            tls on
            tls_ca ca.pem
            tls_name App.Internal
            tls_cert a.pem a.key
            """)
        let upstream = try #require(result.settings?.upstreams.first)
        #expect(codes(result) == [])
        #expect(upstream.servers.map(\.tls) == [true, true])
        #expect(upstream.tls.authorities == [67, 65])
        #expect(upstream.tls.name == "app.internal")
        #expect(
            upstream.tls.certificate
                == CertificateSettings(path: "a.pem", certificate: [65], key: [75]))
    }

    @Test func `one server alone may have it`() {
        let result = load("server a.example:80\nserver b.example:443 backup tls")
        #expect(result.settings?.upstreams[0].servers.map(\.tls) == [false, true])
        #expect(load("server a.example:80\ntls off").settings?.upstreams[0].servers[0].tls == false)
    }

    @Test(arguments: [
        ("server a:1\ntls_ca ca.pem", "E305"), ("server a:1\ntls_name x", "E305"),
        ("server a:1\ntls_cert a.pem a.key", "E305"), ("server a:1 tls\ntls_ca none.pem", "E401"),
        ("server a:1 tls\ntls_cert a.pem none.key", "E401"), ("server unix:/x tls", "E305"),
        ("server a:1 tls\ntls_name a/b", "E205"), ("server a:1 tls\ntls_name a:8443", "E205"),
        ("server a:1 tls tls", "E204"), ("server a:1\ntls maybe", "E203"),
    ])
    func `refuses what cannot be`(lines: String, code: String) {
        #expect(codes(load(lines)) == [code])
    }
}
