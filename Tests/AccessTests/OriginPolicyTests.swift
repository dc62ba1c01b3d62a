import RandomTestSupport
import Testing

@testable import Access

private func verdict(
    _ policy: OriginPolicy = OriginPolicy(), origin: String? = nil, site: String? = nil,
    host: String = "shop.example", scheme: WebScheme? = nil
) -> OriginPolicy.Verdict {
    let originBytes = Array((origin ?? "").utf8)
    let siteBytes = Array((site ?? "").utf8)
    let hostBytes = Array(host.utf8)
    return policy.verdict(
        origin: origin == nil ? nil : originBytes.span, fetchSite: site == nil ? nil : siteBytes.span,
        host: hostBytes.span, scheme: scheme)
}

private func permitsWebSocket(
    _ policy: OriginPolicy = OriginPolicy(), origin: String?, host: String = "shop.example",
    scheme: WebScheme? = nil
) -> Bool {
    let originBytes = Array((origin ?? "").utf8)
    let hostBytes = Array(host.utf8)
    return policy.permitsWebSocket(
        origin: origin == nil ? nil : originBytes.span, host: hostBytes.span, scheme: scheme)
}

@Suite("OriginPolicy")
struct OriginPolicyTests {
    @Test(
        arguments: [
            ("same-origin", .allowed), ("none", .allowed), ("same-site", .refused), ("cross-site", .refused),
            ("", .refused), ("Same-Origin", .refused), ("same-origin, none", .refused),
        ] as [(String, OriginPolicy.Verdict)])
    func `the browser's own statement decides first`(site: String, expected: OriginPolicy.Verdict) {
        #expect(verdict(site: site) == expected)
        #expect(verdict(origin: "https://evil.example", site: site) == expected)
        #expect(verdict(origin: "https://shop.example", site: site) == expected)
    }

    @Test(
        arguments: [
            ("https://shop.example", "shop.example", nil, .allowed),
            ("http://shop.example", "shop.example", nil, .allowed),
            ("https://SHOP.example", "shop.EXAMPLE", nil, .allowed),
            ("https://shop.example", "shop.example.", nil, .allowed),
            ("https://shop.example", "shop.example:443", nil, .allowed),
            ("https://shop.example:443", "shop.example", .https, .allowed),
            ("http://shop.example", "shop.example:443", nil, .refused),
            ("http://shop.example:8080", "shop.example:8080", nil, .allowed),
            ("http://shop.example:8081", "shop.example:8080", nil, .refused),
            ("http://shop.example", "shop.example", .https, .refused),
            ("https://shop.example", "shop.example", .http, .refused),
            ("https://evil.example", "shop.example", nil, .refused), ("null", "shop.example", nil, .refused),
            ("", "shop.example", nil, .refused), ("https://", "shop.example", nil, .refused),
            ("https://shop.example/", "shop.example", nil, .refused),
            ("shop.example", "shop.example", nil, .refused),
            ("https://shop.example.evil", "shop.example", nil, .refused),
            ("https://evilshop.example", "shop.example", nil, .refused),
            ("https://user@shop.example", "shop.example", nil, .refused),
            ("https://shop.example:", "shop.example", nil, .refused),
            ("https://shop.example:+443", "shop.example", nil, .refused),
            ("https://shop.example:99999", "shop.example", nil, .refused),
            ("https://shop.example https://evil.example", "shop.example", nil, .refused),
            ("http://[::1]:8080", "[::1]:8080", nil, .allowed), ("http://[::1]", "[::1]", .http, .allowed),
            ("http://[::1", "[::1", nil, .refused), ("http://[::1]x", "[::1]", nil, .refused),
            ("https://shop.example", "", nil, .refused),
            ("ftp://shop.example", "shop.example", nil, .refused),
        ] as [(String, String, WebScheme?, OriginPolicy.Verdict)])
    func `else Origin must be our own host and port`(
        origin: String, host: String, scheme: WebScheme?, expected: OriginPolicy.Verdict
    ) {
        #expect(verdict(origin: origin, host: host, scheme: scheme) == expected)
    }

    @Test func `listed origins count as our own, whatever the browser says of the site`() {
        let policy = OriginPolicy(["https://app.example", "http://localhost:5173", "nonsense"])

        #expect(policy.listed.count == 2)
        #expect(verdict(policy, origin: "https://app.example", site: "cross-site") == .allowed)
        #expect(verdict(policy, origin: "https://app.example:443") == .allowed)
        #expect(verdict(policy, origin: "http://app.example", site: "cross-site") == .refused)
        #expect(verdict(policy, origin: "http://localhost:5173", host: "localhost:8080") == .allowed)
    }

    @Test(
        arguments: [
            (.empty, false, true), (.json, false, true), (.form, false, false), (.form, true, true),
            (.other, true, false),
        ] as [(OriginPolicy.Body, Bool, Bool)])
    func `without either field, only what no foreign page can make`(
        body: OriginPolicy.Body, token: Bool, expected: Bool
    ) {
        #expect(verdict() == .unstated)
        #expect(verdict().permits(body, hasSignedToken: token) == expected)
        #expect(OriginPolicy.Verdict.allowed.permits(body, hasSignedToken: token))
        #expect(!OriginPolicy.Verdict.refused.permits(body, hasSignedToken: token))
    }

    @Test func `a WebSocket may come without Origin, from our own or a listed one`() {
        let policy = OriginPolicy(["https://app.example"])

        #expect(permitsWebSocket(origin: nil))
        #expect(permitsWebSocket(origin: "https://shop.example"))
        #expect(permitsWebSocket(policy, origin: "https://app.example"))
        #expect(!permitsWebSocket(origin: "https://app.example"))
        #expect(!permitsWebSocket(policy, origin: "null"))
        #expect(!permitsWebSocket(origin: ""))
        #expect(!permitsWebSocket(origin: "http://shop.example", scheme: .https))
    }

    @Test(arguments: 0..<20)
    func `random bytes never trap`(seed: Int) {
        var random = SeededRandom(seed)
        for _ in 0..<500 {
            let tail = random.bytes(upTo: 20, from: Array("https://[:]a.1:80".utf8))
            let origin = Array("https://".utf8) + tail
            _ = OriginPolicy().verdict(origin: origin.span, fetchSite: nil, host: tail.span, scheme: nil)
            _ = OriginPolicy().permitsWebSocket(origin: tail.span, host: origin.span, scheme: .http)
        }
    }
}
