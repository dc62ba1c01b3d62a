import GatewayConfig
import RandomTestSupport
import Testing

@testable import Pages

private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

/// Numbers of the places of a phrase, sorted.
private func places(_ template: String) -> [Int] {
    Wording.pieces(template).compactMap { if case .value(let index) = $0 { index } else { nil } }.sorted()
}

@Suite("Wording")
struct WordingTests {
    @Test func `every phrase has the same places in every language, and no other braces`() {
        for phrase in Phrase.allCases {
            let expected = places(phrase.english)
            #expect(expected == Array(0..<expected.count), "\(phrase)")
            for other in [phrase.german, phrase.french, phrase.spanish] {
                #expect(places(other) == expected, "\(phrase): \(other)")
                #expect(!other.isEmpty)
                let words = Wording.pieces(other).map { if case .words(let words) = $0 { words } else { "" } }
                #expect(!words.joined().contains { "{}<>".contains($0) }, "\(phrase): \(other)")
            }
        }
    }

    @Test func `every code of a problem is said in every language`() {
        for code in ProblemCode.allCases {
            let problem = Problem(code)
            let titles = PageLanguage.allCases.map { Wording(language: $0).title(problem) }
            let details = PageLanguage.allCases.map { Wording(language: $0).detail(problem) }

            #expect(Set(titles).count == PageLanguage.allCases.count, "\(titles)")
            #expect(Set(details).count == PageLanguage.allCases.count, "\(details)")
        }
    }

    @Test
    func `a sentence more exact than its code is translated too, and an unknown one gives way to the code`() {
        let known = Problem(.forbiddenRole, detail: "Nobody may use this address.")
        let unknown = Problem(.forbiddenRole, detail: "Something that only programs are told.")
        let german = Wording(language: .german)

        #expect(german.detail(known) == "Diese Adresse darf niemand benutzen.")
        #expect(german.detail(unknown) == ProblemCode.forbiddenRole.germanDetail)
        #expect(Wording(language: .english).detail(unknown) == unknown.detail)
    }

    @Test func `what is filled in is escaped once`() {
        let words = Wording(language: .french)

        #expect(text(words.markup(.signOutOf, "\("<b>")").bytes) == "Se déconnecter de &lt;b&gt;")
        #expect(text(words.markup(.signedInAs, "<strong>a</strong>").bytes).contains("<strong>a</strong>"))
        #expect(words.text(.signInTo, "{0}{1}") == "Se connecter à {0}{1}")
    }

    @Test(arguments: [
        (PageLanguage.english, "30 days", "5 minutes ago"), (.german, "30 Tage", "vor 5 Minuten"),
        (.french, "30 jours", "il y a 5 minutes"), (.spanish, "30 días", "hace 5 minutos"),
    ])
    func `lengths of time are in words`(_ language: PageLanguage, _ length: String, _ ago: String) {
        #expect(DurationText.words(seconds: 30 * 86_400, language) == length)
        #expect(DurationText.ago(seconds: 330, language) == ago)
        #expect(DurationText.ago(seconds: 3 * 86_400, .german) == "vor 3 Tagen")
    }
}

@Suite("LanguageChoice")
struct LanguageChoiceTests {
    @Test(arguments: [
        ("", PageLanguage.english), ("de", .german), ("de-AT", .german), ("DE", .german), ("it", .english),
        ("it, fr;q=0.3, de;q=0.5", .german), ("de;q=0, fr;q=0.1", .french), ("fr, de", .french),
        ("de, fr", .german), ("*", .english), ("es;q=0.5, *;q=0.6", .english), ("den", .english),
        ("de;q=1.5, fr", .french), ("de;q=, fr;q=0.1", .french), ("de;x=1, fr", .french),
        (" \t de ;  q=0.9 , fr;q=0.8", .german), (",,;;,=,de", .german), ("de;q=0.0005", .english),
    ])
    func `takes what weighs most`(_ field: String, _ expected: PageLanguage) {
        #expect(LanguageChoice.pick(PageLanguage.allCases, for: Array(field.utf8)) == expected)
    }

    @Test func `offers only what the realm speaks`() {
        #expect(LanguageChoice.pick([.french, .german], for: Array("en, es".utf8)) == .french)
        #expect(LanguageChoice.pick([.french, .german], for: Array("en, de;q=0.1".utf8)) == .german)
        #expect(LanguageChoice.pick([], for: Array("de".utf8)) == .english)
    }

    @Test func `any bytes give one of the offered`() {
        var random = SeededRandom(11)
        let alphabet = Array("defrsnq=;,*-. 019\t\u{0}é".utf8)
        for _ in 0..<5_000 {
            let field = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
            }
            #expect([.german, .spanish].contains(LanguageChoice.pick([.german, .spanish], for: field)))
        }
    }
}

@Suite("PageLook")
struct PageLookTests {
    private func page(_ settings: LoginPageSettings, language: PageLanguage = .english) -> String {
        var look = PageLook(settings)
        look.logo = settings.logo == nil ? nil : "/_auth/logo?v=1"
        let site = PageSite(title: "shop.example", prefix: "/_auth", look: look, language: language)
        return text(LoginPage(site: site, token: "tok").render())
    }

    @Test func `the operator's words are text, not markup`() {
        var settings = LoginPageSettings()
        settings.title = "A & <B>"
        settings.footer = "<i>f"
        settings.links = [PageLink(text: "<u>", url: "/a?\"b&c")]
        let page = page(settings)

        #expect(page.contains("<h1>Sign in to A &amp; &lt;B&gt;</h1>"))
        #expect(page.contains("<p>&lt;i&gt;f</p>"))
        #expect(page.contains("<a href=\"/a?&quot;b&amp;c\">&lt;u&gt;</a>"))
    }

    @Test func `the page holds the very bytes that its policy hashes`() {
        var settings = LoginPageSettings()
        settings.accent = PageColour(red: 255, green: 220, blue: 0)
        settings.styleSheet = Array("h1{color:red}".utf8)
        let style = text(PageLook(settings).styleSheet)

        #expect(page(settings).contains("<style>\(style)</style>"))
        #expect(style.contains("--accent:#ffdc00") && style.contains("--onaccent:#000000"))
        #expect(style.hasSuffix("h1{color:red}"))
        #expect(PageLook.builtIn.styleSheet == PageShell.styleSheet)
    }

    @Test func `a template frames the page's own content`() {
        var settings = LoginPageSettings()
        func markup(_ text: String) -> PageTemplate.Piece { .markup(Array(text.utf8)) }
        let template = PageTemplate(pieces: [
            markup("<html lang="), .place(.language), markup("><title>"), .place(.title), markup("</title>"),
            .place(.style), markup("<i>"), .place(.site), markup("</i>"), .place(.content), markup("</html>"),
        ])
        settings.templates.pages[.login] = template
        let page = page(settings, language: .german)

        #expect(page.hasPrefix("<html lang=de><title>Bei shop.example anmelden</title><style>"))
        #expect(page.contains("<i>shop.example</i><h1>Bei shop.example anmelden</h1>"))
        #expect(page.contains("name=\"csrf\" value=\"tok\"") && page.hasSuffix("</html>"))
        let site = PageSite(title: "shop.example", prefix: "/_auth", look: PageLook(settings))
        #expect(text(LogoutPage(site: site, token: "t").render()).hasPrefix("<!doctype html>"))
    }
}
