import GatewayConfig
import Testing

@Suite struct IncludeTests {
    @Test func `reads files in place, in every block, sorted, relative to the file`() throws {
        let files = [
            "etc/main.conf": Sample.head + "\ninclude parts/*.conf\nsite * {\n    include routes\n}\n",
            "etc/parts/b.conf": "users people { store sqlite data/u.db }\nrealm main { users people }",
            "etc/parts/a.conf": "upstream app { server unix:run/app.sock }",
            "etc/parts/c.txt": "nonsense",
            "etc/routes": "route /b app user\nroute /a app user",
        ]

        let result = loadSettings(path: "etc/main.conf", source: TextSource(files: files))

        #expect(render(result) == "")
        let settings = try #require(result.settings)
        #expect(settings.stateDirectory == "etc/state")
        #expect(settings.users[0].store == .sqlite(path: "etc/parts/data/u.db"))
        #expect(settings.upstreams[0].servers[0].endpoint == .unix(path: "etc/parts/run/app.sock"))
        #expect(settings.sites[0].routes.map(\.pattern.text) == ["/b", "/a"])
    }

    @Test func `a glob may match nothing, a name may not`() {
        #expect(render(load(Sample.with("include conf.d/*.conf"))) == "")
        #expect(codes(load(Sample.with("include conf.d/x.conf"))) == ["E114"])
    }

    @Test func `errors name the included file`() {
        let result = load(Sample.with("include a.conf"), files: ["a.conf": "\n\nwokers 2\n"])

        #expect(result.diagnostics.map(\.file) == ["a.conf"])
        #expect(places(result) == ["3:1 E201"])
    }

    @Test func `each file is balanced on its own`() {
        let files = ["a.conf": "log {", "b.conf": "}"]
        let result = load(Sample.with("include a.conf\ninclude b.conf"), files: files)

        #expect(result.diagnostics.map { "\($0.file) \($0.code)" } == ["a.conf E102", "b.conf E103"])
    }

    @Test func `loops and depth are errors, in any spelling`() {
        var files = ["a.conf": "include ./b.conf", "b.conf": "include x/../a.conf"]
        #expect(codes(load(Sample.with("include a.conf"), files: files)) == ["E114"])

        for index in 0..<20 { files["d\(index)"] = "include d\(index + 1)" }
        #expect(codes(load(Sample.with("include d0"), files: files)) == ["E114"])
    }

    @Test func `files that include each other many times over come to an end`() {
        var files: [String: String] = [:]
        for level in 0..<8 {
            for index in 0..<9 { files["/l\(level)/\(index)"] = "include /l\(level + 1)/*" }
        }
        let result = load(Sample.with("include /l0/*"), files: files)

        #expect(codes(result).contains("E114"))
    }

    @Test func `what a missing file may have held is not called undefined`() {
        let text = Sample.head + "\ninclude gone.conf\nsite * {\n    realm main\n    route /* app user\n}\n"

        #expect(codes(load(text)) == ["E114"])
    }
}
