import GatewayConfig
import Testing

@testable import Pages

@Suite("AccountPage")
struct AccountPageTests {
    private static let now = 1_800_000_000

    private static func session(
        _ id: String, isCurrent: Bool = false, agent: String = "curl/8.0", address: String = "192.0.2.1"
    ) -> ListedSessionAnswer {
        ListedSessionAnswer(
            id: id, isCurrent: isCurrent, created: now - 90_000, lastSeen: now - 150, address: address,
            agent: agent, remember: false)
    }

    private static func page(_ sessions: [ListedSessionAnswer]) -> AccountPage {
        AccountPage(
            site: PageSite(title: "shop.example", prefix: "/_auth"), token: "T", name: "ada",
            sessions: sessions,
            passwordMin: 10, now: now)
    }

    private func text(_ page: AccountPage) -> String { String(decoding: page.render(), as: UTF8.self) }

    private func count(_ word: String, in text: String) -> Int {
        text.split(separator: word, omittingEmptySubsequences: false).count - 1
    }

    @Test func `each other session has a button that ends it, and this one has none`() {
        let page = Self.page([
            Self.session("1111111111111111", isCurrent: true), Self.session("2222222222222222"),
        ])

        let text = text(page)
        #expect(text.contains(#"name="end" value="2222222222222222""#))
        #expect(!text.contains(#"value="1111111111111111""#))
        #expect(text.contains(#"name="end" value="others""#))
        #expect(count("This session", in: text) == 1)
        #expect(text.contains("Last used 2 minutes ago"))
        #expect(
            text.contains(
                #"<time datetime="2027-01-14T07:00:00Z">2027-01-14 07:00 UTC</time> from 192.0.2.1"#))
    }

    @Test func `where there is one session only there is nothing to end`() {
        let text = text(Self.page([Self.session("1111111111111111", isCurrent: true)]))

        #expect(!text.contains(#"name="end""#))
        #expect(text.contains(#"action="/_auth/password""#))
    }

    @Test func `every form carries the token`() {
        let text = text(
            Self.page([Self.session("1", isCurrent: true), Self.session("2"), Self.session("3")]))

        #expect(count("<form ", in: text) == 4)
        #expect(count(#"name="csrf" value="T""#, in: text) == 4)
    }

    @Test func `buttons that look the same are told apart by those who hear them`() {
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
        let text = text(Self.page([Self.session("2", agent: firefox)]))

        #expect(text.contains(#"Sign out<span class="hidden"> Firefox on Linux from 192.0.2.1</span>"#))
    }

    @Test(arguments: ["current", "new"])
    func `an error is tied to its field and comes first`(field: String) {
        var page = Self.page([])
        page.problem = Problem(.weakPassword, errors: [FieldError(field: field, message: "Not this one.")])
        page.notice = .others

        let text = text(page)
        #expect(text.contains("<title>Error: "))
        #expect(text.contains("<a href=\"#\(field)\">Not this one.</a>"))
        #expect(text.contains(#"id="\#(field)-wrong""#))
        #expect(!text.contains(#"role="status""#))
    }

    @Test(arguments: AccountPage.Notice.allCases)
    func `what was done is said`(notice: AccountPage.Notice) {
        var page = Self.page([])
        page.notice = notice

        #expect(text(page).contains(#"role="status""#))
    }

    @Test func `what clients and people call themselves is text`() {
        let evil = "\"><script>alert('x')</script>&"
        var page = Self.page([Self.session(evil, agent: evil, address: evil)])
        (page.name, page.token, page.roles) = (evil, evil, [evil])
        page.problem = Problem(
            .badCredentials, detail: evil, errors: [FieldError(field: "new", message: evil)])

        #expect(!text(page).contains("<script"))
    }
}

@Suite("AgentName")
struct AgentNameTests {
    @Test(arguments: [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0 Safari/537.36",
            "Chrome on Windows"
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0 Safari/537.36 Edg/139.0",
            "Edge on Windows"
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Mobile Safari/604.1",
            "Safari on iPhone"
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) AppleWebKit/605 Version/18 Safari/605",
            "Safari on macOS"
        ),
        (
            "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/139.0 Mobile Safari/537.36",
            "Chrome on Android"
        ),
        ("curl/8.5.0", "curl"), ("python-requests/2.31", "python-requests"), ("Phone (x)", "Phone"),
        ("", "Unknown program"), ("/", "Unknown program"), (" x", "Unknown program"),
        (String(repeating: "a", count: 300), String(repeating: "a", count: 40)),
    ])
    func `names browser and system, or the program`(agent: String, name: String) {
        #expect(AgentName.words(agent, Wording(language: .english)) == name)
    }
}

@Suite("DurationText")
struct DurationTextTests {
    @Test(arguments: [
        (2_592_000, "30 days"), (86_400, "1 day"), (90_000, "25 hours"), (5_400, "90 minutes"),
        (61, "61 seconds"),
        (1, "1 second"), (0, "0 seconds"),
    ])
    func `lengths are in the largest unit that fits exactly`(seconds: Int, words: String) {
        #expect(DurationText.words(seconds: seconds) == words)
    }

    @Test(arguments: [
        (-5, "just now"), (59, "just now"), (60, "1 minute ago"), (7_199, "1 hour ago"),
        (172_800, "2 days ago"),
    ])
    func `times past are in the largest unit`(seconds: Int, words: String) {
        #expect(DurationText.ago(seconds: seconds) == words)
    }
}
