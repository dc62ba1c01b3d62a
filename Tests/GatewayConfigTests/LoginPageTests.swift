import Testing

@testable import GatewayConfig

private let png: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0]
private let frame = "<!doctype html><title>{{title}}</title>{{style}}\n<body>{{content}}</body>"

/// A realm with this look; files are below `/etc/gw`.
private func loadLook(_ lines: String, _ files: [String: [UInt8]] = [:]) -> LoadResult {
    let text = """
        listen 127.0.0.1:8080
        state state
        redis managed
        session { key_file state/session.key }
        users people { store sqlite state/users.db }
        realm main {
            users people
            login_page {
        \(lines)
            }
        }
        upstream app { server 127.0.0.1:3000 }
        site * { route /* app user }

        """
    var source = TextSource()
    source.files = Dictionary(uniqueKeysWithValues: files.map { ("/etc/gw/" + $0, $1) })
    source.files["/etc/gw/gateway.conf"] = Array(text.utf8)
    return loadSettings(path: "/etc/gw/gateway.conf", source: source)
}

private func look(_ lines: String, _ files: [String: [UInt8]] = [:]) -> LoginPageSettings? {
    loadLook(lines, files).settings?.realms[0].loginPage
}

private func spots(_ result: LoadResult) -> [String] {
    result.diagnostics.map { "\($0.file):\($0.line):\($0.column) \($0.code)" }
}

@Suite("login_page")
struct LoginPageTests {
    @Test func `is the built-in look where nothing is said`() {
        #expect(look("") == LoginPageSettings())
    }

    @Test func `holds what the file says, pictures and styles included`() {
        let look = look(
            """
            title "Example <Shop>"
            footer "Example Ltd"
            logo brand/logo.png
            accent "#0B6e4f"
            link Privacy /privacy
            link "Mail us" mailto:help@example.org
            languages de en
            css brand.css
            """, ["brand/logo.png": png, "brand.css": Array("h1{color:red}\r\n".utf8)])

        #expect(look?.title == "Example <Shop>")
        #expect(look?.footer == "Example Ltd")
        #expect(look?.logo == PagePicture(kind: .png, bytes: png))
        #expect(look?.accent == PageColour(red: 0x0b, green: 0x6e, blue: 0x4f))
        #expect(
            look?.links == [
                PageLink(text: "Privacy", url: "/privacy"),
                PageLink(text: "Mail us", url: "mailto:help@example.org"),
            ])
        #expect(look?.languages == [.german, .english])
        // Browsers hash a page's style sheet without carriage returns.
        #expect(look?.styleSheet == Array("h1{color:red}\n".utf8))
    }

    @Test(arguments: [
        ("accent \"#12345\"", "E205"), ("accent red", "E205"), ("accent \"#ffff00\"", "W510"),
        ("languages it", "E203"), ("languages de de", "E204"), ("languages", "E202"),
        ("link x //evil.example", "E205"), ("link x javascript:alert(1)", "E205"), ("link x", "E202"),
        ("link \"\" /x", "E205"), ("link x https://", "E205"), ("link x data:text/html,x", "E205"),
        ("logo missing.svg", "E408"), ("logo text.svg", "E408"), ("icon script.svg", "E408"),
        ("logo handler.svg", "E408"), ("logo href.svg", "E408"), ("logo big.png", "E408"),
        ("css missing.css", "E410"), ("css big.css", "E410"), ("css binary.css", "E410"),
        ("templates nowhere", "E411"), ("title \" x\"", "E205"),
    ])
    func `refuses what cannot be, at its place`(_ line: String, _ code: String) {
        let result = loadLook(
            line,
            [
                "text.svg": Array("hello <svg".utf8),
                "script.svg": Array("<svg><SCRIPT>1</SCRIPT></svg>".utf8),
                "handler.svg": Array("<svg><g\nOnLoad = \"x\"/></svg>".utf8),
                "href.svg": Array("<svg><a href='JavaScript:x'/></svg>".utf8),
                "big.png": png + [UInt8](repeating: 0, count: 256 << 10),
                "big.css": [UInt8](repeating: 0x20, count: (32 << 10) + 1),
                "binary.css": [0xff, 0xfe],
            ])

        #expect(result.diagnostics.map(\.code) == [code])
        #expect(result.diagnostics.first?.line == 9)
        #expect((result.settings == nil) == code.hasPrefix("E"))
    }

    @Test func `names the place in a style sheet or a template that is wrong`() {
        let css = loadLook("css a.css", ["a.css": Array("h1 {}\n  </style>".utf8)])
        #expect(spots(css) == ["/etc/gw/a.css:2:3 E410"])

        let remote = loadLook("css a.css", ["a.css": Array("@import url(x)".utf8)])
        #expect(spots(remote) == ["/etc/gw/a.css:1:1 W518"])

        let wrong: [(String, String)] = [
            ("<p>\n {{titel}}\(frame)", "2:2"), (frame + "\n{{content", "3:1"),
            (frame + "{{content}}", "2:25"),
            (frame + "\n<b><ScRipt>", "3:4"), ("<p>{{style}}", "1:1"), ("<p>{{content}}", "1:1"),
        ]
        for (text, place) in wrong {
            let result = loadLook("templates own", ["own/login.html": Array(text.utf8)])
            #expect(spots(result) == ["/etc/gw/own/login.html:\(place) E411"], "\(text)")
        }
    }

    @Test func `suggests the place and the page that were meant`() {
        let place = loadLook("templates own", ["own/page.html": Array("{{stile}}\(frame)".utf8)])
        #expect(place.diagnostics.first?.hints == ["did you mean \"{{style}}\"?"])

        let page = loadLook("templates own", ["own/logins.html": Array(frame.utf8)])
        #expect(page.diagnostics.map(\.code) == ["E411"])
        #expect(page.diagnostics.first?.hints == ["did you mean \"login.html\"?"])
    }

    @Test func `a page without a template of its own has the common one`() {
        let templates = look(
            "templates own", ["own/page.html": Array(frame.utf8), "own/error.html": Array("e\(frame)".utf8)]
        )?.templates

        #expect(templates?[.login] == templates?.pages[.page])
        #expect(templates?[.error]?.pieces.first == .markup(Array("e<!doctype html><title>".utf8)))
    }

    @Test func `a worker that replays the load sees the same look without a file`() throws {
        var source = TextSource()
        let text = """
            listen 127.0.0.1:8080
            redis managed
            \(Sample.session)
            users people { store sqlite state/users.db }
            realm main {
                users people
                login_page {
                    logo a.png
                    templates own
                }
            }
            \(Sample.upstream)
            site * { route /* app user }

            """
        source.files = [
            "gateway.conf": Array(text.utf8), "a.png": png, "own/login.html": Array(frame.utf8),
        ]
        let recording = RecordingSource(source)
        let first = loadSettings(path: "gateway.conf", source: recording)
        let replay = try #require(ReplaySource(snapshot: recording.snapshot()))

        #expect(first.settings?.realms[0].loginPage.logo?.bytes == png)
        #expect(loadSettings(path: "gateway.conf", source: replay).settings == first.settings)
    }
}

@Suite("PageColour")
struct PageColourTests {
    @Test(arguments: [
        ("#ffffff", "#000000", 21.0), ("#777777", "#ffffff", 4.48), ("#1f5fbf", "#ffffff", 6.09),
        ("#ff0000", "#ffffff", 4.00), ("#808080", "#808080", 1.0),
    ])
    func `contrast is that of WCAG`(_ first: String, _ second: String, _ expected: Double) throws {
        let first = try #require(PageColour(Array(first.utf8)))
        let second = try #require(PageColour(Array(second.utf8)))

        #expect(abs(first.contrast(with: second) - expected) < 0.01, "\(first.contrast(with: second))")
        #expect(first.contrast(with: second) == second.contrast(with: first))
    }

    @Test func `every colour can be mixed until it is read on white and on black`() {
        for index in 0..<4_096 {
            let colour = PageColour(
                red: UInt8(index >> 8) * 17, green: UInt8(index >> 4 & 15) * 17, blue: UInt8(index & 15) * 17)
            #expect(colour.mixed(with: .black, untilContrast: 4.5, on: .white).contrast(with: .white) >= 4.5)
            #expect(colour.mixed(with: .white, untilContrast: 4.5, on: .black).contrast(with: .black) >= 4.5)
            #expect(max(colour.contrast(with: .white), colour.contrast(with: .black)) >= 4.5)
            #expect(PageColour(Array(colour.text.utf8)) == colour)
        }
    }
}
