import GatewayConfig
import RandomTestSupport
import Testing

@testable import Access

private func rule(
    _ access: RouteSettings.Access, on unauthenticated: RouteSettings.OnUnauthenticated = .auto
) -> AccessRule {
    var settings = route("/*", access, realm: 0)
    settings.onUnauthenticated = unauthenticated
    return AccessRule(settings)
}

func facts(_ method: String = "GET", _ fields: [(String, String)] = []) -> RequestFacts {
    var facts = RequestFacts(method: Array(method.utf8).span)
    for (name, value) in fields {
        guard let field = RequestFacts.Field(name: Array(name.utf8).span) else { continue }
        facts.note(field, Array(value.utf8).span)
    }
    return facts
}

private let html = ("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
private let ada = SessionState.live(realm: 0, roles: [Array("clerk".utf8), Array("admin".utf8)])

@Suite("AccessRule")
struct AccessRuleTests {
    @Test(
        arguments: [
            (.public, .allow(identity: false)), (.deny, .denied), (.optional, nil), (.user, nil),
            (.role(["admin"]), nil),
        ] as [(RouteSettings.Access, Decision?)])
    func `asks the store only where it matters`(access: RouteSettings.Access, expected: Decision?) {
        #expect(rule(access).withoutSession(isPreflight: false) == expected)
    }

    @Test(
        arguments: [
            (.public, .allow(identity: false)), (.deny, .denied), (.optional, .allow(identity: false)),
            (.user, .allow(identity: false)), (.role(["admin"]), .allow(identity: false)),
        ] as [(RouteSettings.Access, Decision)])
    func `lets a preflight through without identity, except where nobody may`(
        access: RouteSettings.Access, expected: Decision
    ) {
        #expect(rule(access).withoutSession(isPreflight: true) == expected)
    }

    @Test(
        arguments: [
            (.public, ada, .allow(identity: false)), (.optional, ada, .allow(identity: true)),
            (.user, ada, .allow(identity: true)), (.role(["admin"]), ada, .allow(identity: true)),
            (.role(["boss", "clerk"]), ada, .allow(identity: true)), (.role(["boss"]), ada, .forbidden),
            (.role(["Admin"]), ada, .forbidden), (.role([]), ada, .forbidden), (.deny, ada, .denied),
            (.public, .absent, .allow(identity: false)), (.optional, .absent, .allow(identity: false)),
            (.user, .absent, .unauthorized), (.role(["admin"]), .absent, .unauthorized),
            (.deny, .absent, .denied),
            (.public, .unavailable, .allow(identity: false)), (.optional, .unavailable, .unavailable),
            (.user, .unavailable, .unavailable), (.role(["admin"]), .unavailable, .unavailable),
            (.deny, .unavailable, .denied),
        ] as [(RouteSettings.Access, SessionState, Decision)])
    func `decides by access word and session`(
        access: RouteSettings.Access, session: SessionState, expected: Decision
    ) {
        #expect(rule(access).decide(session, facts()) == expected)
    }

    @Test func `a session of another realm counts as none`() {
        let other = SessionState.live(realm: 1, roles: [Array("admin".utf8)])

        #expect(rule(.user).decide(other, facts()) == .unauthorized)
        #expect(rule(.role(["admin"])).decide(other, facts()) == .unauthorized)
        #expect(rule(.optional).decide(other, facts()) == .allow(identity: false))
    }

    @Test(
        arguments: [
            ("GET", [html], .login), ("HEAD", [html], .login), ("POST", [html], .unauthorized),
            ("OPTIONS", [html], .unauthorized), ("GET", [], .unauthorized),
            ("GET", [("Accept", "*/*")], .unauthorized),
            ("GET", [("accept", "application/json")], .unauthorized),
            ("GET", [html, ("Authorization", "Bearer x")], .unauthorized),
            ("GET", [html, ("X-Requested-With", "XMLHttpRequest")], .unauthorized),
            ("GET", [html, ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")], .login),
            ("GET", [html, ("Sec-Fetch-Mode", "cors")], .unauthorized),
            ("GET", [html, ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Mode", "cors")], .unauthorized),
            ("GET", [html, ("Sec-Fetch-Dest", "iframe")], .unauthorized),
            ("GET", [html, ("Upgrade", "websocket")], .unauthorized),
            ("GET", [html, ("Upgrade", "h2c, WebSocket")], .unauthorized),
            ("GET", [html, ("Upgrade", "websockets")], .login),
            ("GET", [html, ("Sec-Fetch-Site", "cross-site"), ("Cookie", "a=b")], .login),
        ] as [(String, [(String, String)], Decision)])
    func `redirects only a person's navigation`(
        method: String, fields: [(String, String)], expected: Decision
    ) {
        #expect(rule(.user).decide(.absent, facts(method, fields)) == expected)
    }

    @Test func `on_unauth fixes the answer, but not for a WebSocket`() {
        #expect(rule(.user, on: .login).decide(.absent, facts("POST")) == .login)
        #expect(rule(.user, on: .unauthorized).decide(.absent, facts("GET", [html])) == .unauthorized)
        #expect(
            rule(.user, on: .login).decide(.absent, facts("GET", [("Upgrade", "websocket")])) == .unauthorized
        )
    }

    @Test func `tells a preflight by all of its three marks`() {
        let origin = ("Origin", "https://a.example")
        let asks = ("Access-Control-Request-Method", "PUT")

        #expect(facts("OPTIONS", [origin, asks]).isPreflight)
        #expect(!facts("OPTIONS", [origin]).isPreflight)
        #expect(!facts("OPTIONS", [asks]).isPreflight)
        #expect(!facts("GET", [origin, asks]).isPreflight)
    }
}

@Suite("AcceptPreference")
struct AcceptPreferenceTests {
    @Test(
        arguments: [
            ([], false), ([""], false), (["*/*"], false), (["text/*"], false), (["text/html"], true),
            (["TEXT/HTML"], true), (["text/html;q=0"], false), (["text/html;q=0.000"], false),
            (["text/html;q=0.001"], true), (["text/html;charset=utf-8"], true), (["text/htmlx"], false),
            (["application/json, text/html"], true), (["application/json, text/html;q=0.9"], false),
            (["application/json;q=0.9, text/html;q=0.9"], true), (["text/html;q=0.5, */*"], false),
            (["text/html;q=0.5, */*, application/json;q=0.1"], true),
            (["text/html;q=0.5, application/*;q=0.8, */*;q=0.1"], false),
            (["text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8"], true),
            (["application/json", "text/html"], true),
            (["text/html;q=0.5", "application/problem+json"], false),
            (["text/html ; q=0.4 , application/json ; Q=0.5"], false), (["text/html;q=2"], false),
            (["text/html;q=-1"], false), (["text/html;q=+1"], false), (["text/html;q=1.001"], false),
            (["text/html;q=0.1234"], false), (["text/html;q="], false), (["text/html;q"], true),
            (["text/html;q=1."], true), (["a/b;c=\", text/html\""], false),
            (["a/b;c=\"\\\", text/html"], false),
            ([",,text/html,"], true),
        ] as [([String], Bool)])
    func `prefers a page only where it is listed and no worse than JSON`(lines: [String], expected: Bool) {
        var preference = AcceptPreference()
        for line in lines { preference.add(Array(line.utf8).span) }

        #expect(preference.prefersHTML == expected)
    }

    @Test(arguments: 0..<20)
    func `random bytes never trap`(seed: Int) {
        var random = SeededRandom(seed)
        for _ in 0..<500 {
            let value = random.bytes(upTo: 40, from: Array("text/html;q=0.15,*\"\\ ".utf8))
            var facts = RequestFacts(method: value.span)
            for field in RequestFacts.Field.allCases { facts.note(field, value.span) }
            _ = facts.prefersHTML
            _ = RequestFacts.Field(name: value.span)
        }
    }
}
