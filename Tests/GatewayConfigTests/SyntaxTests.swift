import GatewayConfig
import Testing

/// One wrong text and where which code is told.
struct Wrong: Sendable, CustomTestStringConvertible {
    let text: String
    let place: String

    init(_ text: String, _ place: String) {
        self.text = text
        self.place = place
    }

    var testDescription: String { text }
}

@Suite struct SyntaxTests {
    @Test(arguments: [
        Wrong("log { level \"info\n}", "8:13 E101"),
        Wrong("log { level 'info }", "8:13 E101"),
        Wrong("log {\n    level info", "8:5 E102"),
        Wrong("}", "8:1 E103"),
        Wrong("log { level info }\n}", "9:1 E103"),
        Wrong("log {\n    level info;\n}", "9:15 E104"),
        Wrong("workers 2 ; endpoints /x", "8:11 E104"),
        Wrong("workers 2;\\\n", "8:10 E104"),
        Wrong("workers \\\n;\\\n", "9:1 E104"),
        Wrong("log { level info } workers 2", "8:20 E105"),
        Wrong("log { level info\n}", "8:5 E106"),
        Wrong("log {\n    level info }", "9:16 E106"),
        Wrong("{\n}", "8:1 E106"),
        Wrong("workers \u{1}", "8:9 E107"),
        Wrong("log { access \"/a\\x\" }", "8:17 E107"),
        Wrong("log { access \"/a\"b }", "8:18 E108"),
        Wrong("log { access ${env:NONE} }", "8:14 E110"),
        Wrong("log { access ${cred:x} }", "8:14 E110"),
        Wrong("log { access ${file:/none} }", "8:14 E111"),
        Wrong("log { access ${PORT} }", "8:14 E112"),
        Wrong("log { access ${http:x} }", "8:14 E112"),
        Wrong("log { access ${env:} }", "8:14 E112"),
        Wrong("log { access ${env:A-B} }", "8:14 E112"),
        Wrong("log { access ${env:X }", "8:14 E112"),
        Wrong("workers ${env:X", "8:9 E113"),
        Wrong("include none.conf", "8:9 E114"),
        Wrong("include gateway.conf", "8:9 E114"),
    ])
    func `tells what cannot be read, and where`(_ wrong: Wrong) {
        let result = load(Sample.with(wrong.text))

        #expect(places(result).contains(wrong.place), "\(render(result))")
        #expect(result.settings == nil)
    }

    @Test(arguments: [
        Wrong("log { level \"info }", "8:13 E101"),
        Wrong("site a.b { route / app user { body \"1k } }\nworkers 2", "8:36 E101"),
        Wrong("log { level ${env:X\nworkers 2", "8:13 E113"),
        Wrong("log { level \"info\"x }", "8:19 E108"),
        Wrong("realm main {\n    users people\n}", "8:1 E204"),
        Wrong("users other { stoer sqlite x.db }", "8:15 E201"),
        Wrong("upstream other { severs a:1 }", "8:18 E201"),
    ])
    func `one slip is one error`(_ wrong: Wrong) {
        let result = load(Sample.with(wrong.text))

        #expect(places(result) == [wrong.place], "\(render(result))")
    }

    @Test func `says what to do about every error of reading`() {
        let text =
            "log {\n    level info;\n    xyzzy 1\n    level \"a\"b\nsite * {\n    route /* app \"user\n"
        let result = load(Sample.base + text)

        #expect(result.diagnostics.count == 7, "\(render(result))")
        #expect(result.diagnostics.allSatisfy { !$0.hints.isEmpty }, "\(render(result))")
    }

    @Test func `one missing brace is one error`() {
        let text = """
            \(Sample.head)
            users people { store sqlite u.db }
            realm main {
                users people
            upstream app { server 127.0.0.1:3000 }
            site * {
                route /* app user
            }
            """

        #expect(places(load(text)) == ["5:12 E102"])
    }

    @Test func `a semicolon ends the directive, so that it is the only error`() {
        let text = Sample.with("limits {\n    connections 5; uri 4k;\n}")

        #expect(places(load(text)) == ["9:18 E104", "9:26 E104"])
    }

    @Test func `blocks nested without end are one error`() {
        let text = Sample.with(String(repeating: "log {\n", count: 5_000))

        let result = load(text)

        #expect(result.settings == nil)
        #expect(codes(result).count { $0 == "E109" } == 1)
    }

    @Test(arguments: ["\n", "\r\n"])
    func `takes lines joined, quotes, comments and either line end`(_ end: String) throws {
        let lines = [
            "log {   # comment { \" '", "    exclude /a \\", "        /b   # more",
            "    access '/var/log/a#b'", "}",
            "problem_base \"urn:x:#\"",
        ]

        let result = load("\u{feff}" + Sample.with(lines.joined(separator: end)))

        #expect(render(result) == "")
        let settings = try #require(result.settings)
        #expect(settings.log.exclude.map(\.text) == ["/a", "/b"])
        #expect(settings.log.access == .file(path: "/var/log/a#b"))
        #expect(settings.problemBase == "urn:x:#")
    }

    @Test func `braces and marks within a word are part of it`() throws {
        let result = load(Sample.routes("route /users/{id}/a#b app user\nroute /x$y app user"))

        #expect(codes(result) == ["E205"])
        let clean = load(Sample.routes("route /users/{id}/x app user\nroute /x$y app user"))
        let routes = try #require(clean.settings?.sites[0].routes)
        #expect(routes[0].pattern.segments[1] == .any)
        #expect(routes[1].pattern.text == "/x$y")
    }

    @Test func `an expansion is one word, whatever it holds`() throws {
        let env = ["PORT": "9000", "EMPTY": "", "TEXT": "a b { # \" }"]
        let text =
            Sample.routes(
                """
                route /a app user { set_header X-A ${env:TEXT} }
                route /b app user { set_header X-B "<${env:TEXT}>" }
                route /c app user { set_header X-C '${env:TEXT}' }
                route /d app user { timeout ${env:EMPTY:-5s} }
                route /e app user { timeout ${env:MISSING:-6s} }
                """) + "listen :${env:PORT}\ntrust_proxy 10.0.0.1"

        let result = load(text, env: env)

        #expect(render(result) == "")
        let settings = try #require(result.settings)
        let routes = settings.sites[0].routes
        #expect(routes[0].setHeaders[0].value == "a b { # \" }")
        #expect(routes[1].setHeaders[0].value == "<a b { # \" }>")
        #expect(routes[2].setHeaders[0].value == "${env:TEXT}")
        #expect(routes.map(\.timeout) == [nil, nil, nil, 5_000, 6_000])
        #expect(settings.listeners[1].endpoint == .tcp(host: "", port: 9000))
    }

    @Test func `a file's content loses one line end, credentials come from their directory`() throws {
        let head = Sample.with("").replacingRedis(
            "redis redis://app@db:6380/3 { password ${cred:redis} }")

        let result = load(
            head, files: ["/run/creds/redis": "p w\n\n"], env: ["CREDENTIALS_DIRECTORY": "/run/creds"])

        let redis = try #require(result.settings?.redis)
        #expect(redis.password == Secret(bytes: Array("p w\n".utf8), path: "/run/creds/redis"))
        #expect(redis.server == .external(.tcp(host: "db", port: 6380)))
        #expect(redis.user == "app")
        #expect(redis.database == 3)
    }

    @Test func `text that is not UTF-8 is an error with its line`() {
        var source = TextSource()
        source.files["gateway.conf"] = Array("# a\nworkers ".utf8) + [0xff, 0x0a]

        let result = loadSettings(path: "gateway.conf", source: source)

        #expect(places(result) == ["2:1 E107"])
    }

    @Test func `a missing file is told apart from a wrong one`() {
        let missing = loadSettings(path: "x.conf", source: TextSource())

        #expect(missing.unreadable?.isMissing == true)
        #expect(codes(missing) == ["E111"])
        #expect(load("nonsense").unreadable == nil)
    }
}

extension String {
    func replacingRedis(_ line: String) -> String { replacingLine("redis managed", line) }
    func replacingSession(_ line: String) -> String { replacingLine(Sample.session, line) }

    private func replacingLine(_ old: String, _ new: String) -> String {
        split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0 == old ? new : String($0) }.joined(separator: "\n")
    }
}
