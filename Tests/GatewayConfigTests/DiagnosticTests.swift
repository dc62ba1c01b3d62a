import GatewayConfig
import Testing

@Suite struct DiagnosticTests {
    /// What the example in the reference shows, and some more.
    private let bad = """
        listen :8443 {
            tls /etc/shop.pem;
            protocls http/1.1
        }
        redis redis://redis:6379 { password ${env:REDIS_PASSWORD} }
        session { key ${file:/run/secrets/session_key} }
        realm shop {
            users customers
            idle 30
            absolute 24hours
            session_ttl 5m
        }
        upstream api {
            server 10.0.1.10:3000 wieght 2
        }
        site shop.example.org {
            realm shoop
            route /api/*  apii  user
            route /admin* api   role
            route /pub/*  api
            route /x/*    api   pubilc
            location / {
                proxy_pass http://x
            }
        """

    @Test func `tells all errors of a bad file, each once, with its place`() {
        #expect(
            places(load(bad)) == [
                "2:5 E202", "2:22 E104", "3:5 E201", "5:37 E110", "6:15 E111", "8:11 E301", "9:10 E205",
                "10:14 E205", "11:5 E201", "14:27 E203", "16:23 E102", "17:11 E301", "18:19 E301",
                "19:11 E206",
                "19:25 E202", "20:5 E207", "21:25 E207", "22:5 E201",
            ])
    }

    @Test func `shows the line, a caret and what was meant`() {
        let text = render(load(bad))

        #expect(
            text.contains(
                """
                gateway.conf:3:5: error[E201]: unknown directive "protocls" in listen
                    3 |     protocls http/1.1
                      |     ^
                      = did you mean "protocols"?

                """))
        #expect(
            text.contains(
                """
                gateway.conf:17:11: error[E301]: realm "shoop" is not defined
                   17 |     realm shoop
                      |           ^
                      = did you mean "shop" (line 7)?

                """))
        #expect(text.contains("      = use: route\n"))
        #expect(text.hasSuffix("gateway.conf: 18 error(s)\n"))
    }

    @Test(arguments: [
        ("realm r {\n idel 5m\n users people\n}", "did you mean \"idle\"?"),
        ("idle 5m", "belongs in: realm"),
        ("connect_timeout 5s", "belongs in: redis, store, upstream"),
        ("server_name x", "use: site HOST { ... }"),
        ("Workers 5", "did you mean \"workers\"?"),
        ("sesions_per_user 5", "did you mean \"sessions_per_user\", which belongs in: realm?"),
    ])
    func `says where an unknown directive may belong`(_ text: String, _ hint: String) {
        let result = load(Sample.with(text))

        #expect(result.diagnostics.flatMap(\.hints).contains(hint))
    }

    @Test func `speaks the language of editors`() {
        let result = load(Sample.with("wokers 5"))

        #expect(
            DiagnosticFormat.gcc.render(result.diagnostics, path: "gateway.conf")
                == """
                gateway.conf:8:1: error: unknown directive "wokers" at the top level [E201]
                gateway.conf:8:1: note: did you mean "workers"?

                """)
    }

    @Test func `speaks JSON`() {
        let result = load(Sample.with("wokers \"5\" # \u{1}\t\\"))

        #expect(
            DiagnosticFormat.json.render(result.diagnostics, path: "gateway.conf")
                == #"{"file":"gateway.conf","errors":1,"warnings":0,"diagnostics":[{"file":"gateway.conf","line":8,"#
                + #""column":1,"severity":"error","code":"E201","#
                + #""message":"unknown directive \"wokers\" at the top level","hints":["did you mean \"workers\"?"],"#
                + #""source":"wokers \"5\" # \#u{fffd} \\"}]}"# + "\n")
        #expect(
            DiagnosticFormat.json.render([], path: "a\u{1}b")
                == #"{"file":"a\u0001b","errors":0,"warnings":0,"diagnostics":[]}"# + "\n")
    }

    @Test func `prints fifty and counts the rest`() {
        let result = load(Sample.with(String(repeating: "nonsense\n", count: 80)))

        let text = render(result)
        #expect(text.split(separator: "\n").count { $0.contains("E201") } == 50)
        #expect(text.contains("... and 30 more\n"))
        #expect(text.hasSuffix("80 error(s)\n"))
    }

    @Test func `columns count characters, and long lines are cut around the spot`() {
        let result = load(Sample.with("log { access \"/äö\" } x"))
        #expect(places(result) == ["8:22 E105", "8:22 E201"])

        let long = load(Sample.with(String(repeating: "a", count: 50_000) + " b"))
        let line = long.diagnostics[0].sourceLine ?? ""
        #expect(line.unicodeScalars.count <= 165)
        #expect(render(long).utf8.count < 1_000)
    }

    @Test func `a terminal is not made to act on what a file holds`() {
        let text = render(load(Sample.with("wor\u{202e}kers '\u{9b}31m' \u{1b}[31m")))

        #expect(
            !text.unicodeScalars.contains {
                $0.value < 0x20 && $0 != "\n" || $0 == "\u{9b}" || $0 == "\u{202e}"
            })
    }

    @Test func `a tab before the spot keeps the caret in its column`() {
        let text = render(load(Sample.with("limits {\n\tbody\tx\n}")))

        #expect(text.contains("    9 |  body x\n      |       ^\n"))
    }

    @Test func `a short secret is not hidden within words of ours, which would tell it`() {
        let text = render(
            load(
                Sample.with("").replacing("redis managed", with: "redis redis://h { password my pass word }"))
        )

        #expect(!text.contains("•••word"))
        #expect(text.contains("{ password ••• ••• ••• }"))
        #expect(text.contains("too many values for \"password\""))
    }

    private static let key = "k3y-that-nobody-may-see"

    @Test(arguments: [
        "redis redis://h {\npassword \(key) twice\n}",
        "redis redis://h {\npassword \(key);\n}",
        "redis redis://h {\npasword \(key)\n}",
        "redis redis://h {\npassword \"\(key)\n}",
        "redis redis://h { password \(key) } x",
        "redis redis://h { password ${env:NONE}\(key) }",
        "redis redis://h { password ${env:NONE:-\(key)} x }",
        "redis redis://u:\(key)@h",
        "redis redis://:\(key)",
        "redis redis://u:\(key)/0",
        "redis x@\(key)",
        "redis redis://h {\npassword x\\\n\(key) } x\n}",
        "redis redis://h {\npassword \\\n\(key) } x\n}",
        "redis ${file:/run/key}",
        "redis redis://h { prefix A${file:/run/key} }",
        "redis redis://${file:/run/key}/x",
        "redis redis://h { timeout ${file:/run/key} }",
        "redis redis://h\npassword \(key)",
        "redis redis://h\nrealm x { users ${file:/run/key} }",
        "redis redis://h\nsite * { route /* ${file:/run/key} ${file:/run/key} }",
        "redis redis://h\nsite ${file:/run/key} { route /x ${file:/run/key} user }",
        "redis redis://h\n${file:/run/key} 5",
        "redis redis://h\nupstream ${file:/run/key} { server a:1 }\nupstream ${file:/run/key} { server b:1 }",
        "redis redis://h\nupstream u { server a:1 ${file:/run/key} 2 }",
        "redis redis://h\nlog { access ${file:/run/key} }",
        "redis redis://h\nsession { key \(key) }",
        "redis redis://h\nsession { old_key \(key) }",
        "redis redis://h { keys \(key) }",
        "redis redis://h\ninclude ${file:/run/key}",
    ])
    func `a secret is never shown`(_ text: String) {
        let result = load(Sample.with("").replacingRedis(text), files: ["/run/key": Self.key])

        #expect(!result.diagnostics.isEmpty)
        for format in DiagnosticFormat.allCases {
            #expect(!format.render(result.diagnostics, path: "gateway.conf").contains(Self.key))
        }
    }
}
