import GatewayConfig
import RandomTestSupport
import Testing

@testable import Access

/// The rule of specificity written down plainly: every pattern is tried, the matching ones are compared segment
/// by segment.
private enum Oracle {
    static func matches(_ pattern: PathPattern, _ path: [String]) -> Bool {
        let segments = pattern.segments
        guard pattern.matchesBelow ? path.count >= segments.count : path.count == segments.count else {
            return false
        }
        return zip(segments, path).allSatisfy { segment, word in
            switch segment {
            case .literal(let bytes): bytes == Array(word.utf8)
            case .any: !word.isEmpty
            }
        }
    }

    /// 0 literal, 1 placeholder, 2 everything below; the end of an exact pattern is worth a literal.
    static func rank(_ pattern: PathPattern) -> [Int] {
        let ranks = pattern.segments.map { segment in
            if case .literal = segment { 0 } else { 1 }
        }
        return ranks + [pattern.matchesBelow ? 2 : 0]
    }

    static func best(_ patterns: [PathPattern], _ path: [String]) -> Int? {
        patterns.indices.filter { matches(patterns[$0], path) }
            .min { rank(patterns[$0]).lexicographicallyPrecedes(rank(patterns[$1])) }
    }
}

@Suite("Router against an oracle")
struct RouterOracleTests {
    @Test(arguments: 0..<40)
    func `agrees with the plain rule on random tables`(seed: Int) {
        var random = SeededRandom(seed)
        let words = ["a", "b", "c", "{x}", "{y}"]
        let texts = Set(
            (0..<60).map { _ in
                let depth = Int.random(in: 0...4, using: &random)
                let path = (0..<depth).map { _ in "/" + (words.randomElement(using: &random) ?? "a") }
                    .joined()
                    .replacing("{y}", with: "{x}")
                return path + (Bool.random(using: &random) || path.isEmpty ? "/*" : "")
            })
        let patterns = texts.sorted().map(pattern)
        var settings = Settings()
        var site = SiteSettings(hosts: ["*"])
        site.routes = patterns.map { RouteSettings(pattern: $0, target: .none, access: .deny) }
        settings.sites = [site]
        let router = Router(settings)

        for _ in 0..<300 {
            let depth = Int.random(in: 1...5, using: &random)
            let path = (0..<depth).map { _ in ["a", "b", "c", "d", ""].randomElement(using: &random) ?? "a" }
            let text = path.map { "/" + $0 }.joined()
            let expected = Oracle.best(patterns, path).map { RouteMatch.route($0) } ?? .notFound

            let found = router.match(site: 0, method: Array("GET".utf8).span, path: Array(text.utf8).span)
            let candidates = router.candidates(site: 0, path: Array(text.utf8).span)

            #expect(found == expected, "\(text)")
            #expect(Set(candidates) == Set(patterns.indices.filter { Oracle.matches(patterns[$0], path) }))
            #expect(candidates.first.map { RouteMatch.route($0) } ?? .notFound == expected)
            // The order of lists is that of the search.
            #expect(candidates.sorted { patterns[$0].stands(before: patterns[$1]) } == candidates, "\(text)")
        }
    }

    @Test(arguments: 0..<20)
    func `random bytes never trap`(seed: Int) {
        var random = SeededRandom(seed)
        var settings = Settings()
        settings.realms = [RealmSettings(name: "main")]
        settings.sites = [SiteSettings(hosts: ["*.a", "a.a"])]
        settings.sites[0].realm = 0
        settings.sites[0].routes = ["/a/*", "/a/{x}/b", "/{x}", "/"].map { route($0) }
        let router = Router(settings)

        for _ in 0..<500 {
            let bytes = random.bytes(upTo: 24, from: Array("/ab.{}*%_ut".utf8))
            _ = router.site(forHost: bytes.span)
            _ = router.match(site: 0, method: bytes.span, path: bytes.span)
            _ = router.gatewayPath(site: 0, path: bytes.span)
            _ = router.candidates(site: 0, path: bytes.span)
        }
    }
}
