import RandomTestSupport
import Testing

@testable import GatewayConfig

@Suite("Formatting")
struct FormatTests {
    private func format(_ text: String) -> String? {
        guard case .formatted(let bytes) = formatConfiguration(Array(text.utf8), path: "gateway.conf") else {
            return nil
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func `levels are four blanks, words one blank apart, and ends of lines clean`() {
        #expect(format("session {\r\n\tkey_file   a.key  \r\n}\n") == "session {\n    key_file a.key\n}\n")
        #expect(
            format("site  * {\n route /*\tapp   user {   websocket  on   }\n\t}")
                == "site * {\n    route /* app user { websocket on }\n}\n")
        #expect(format("\u{feff}a\r\nb") == "a\nb\n")
    }

    @Test func `columns of routes stand under each other`() {
        let text = """
            site * {
            route /* app user { websocket on }
            route /public/* assets public
            route /admin/* app role admin boss { methods GET }

            route /x app user
            }

            """

        #expect(
            format(text) == """
                site * {
                    route /*        app    user            { websocket on }
                    route /public/* assets public
                    route /admin/*  app    role admin boss { methods GET }

                    route /x app user
                }

                """)
    }

    @Test func `what the author lined up stays so`() {
        let aligned = "users a {\n    store    sqlite b\n    register open\n}\n"

        #expect(format(aligned) == aligned)
        #expect(
            format("realm a {\nidle   2h\nabsolute 24h\n}\n")
                == "realm a {\n    idle 2h\n    absolute 24h\n}\n")
    }

    @Test func `comments stay, and those of neighbours stand in one column`() {
        #expect(
            format("a b # one\nlonger word   #  two  \n\n  # alone\nsite * {\n# inner\n}\n")
                == "a b          # one\nlonger word  #  two\n\n# alone\nsite * {\n    # inner\n}\n")
        let given = "a b             # one\nlonger word     # two\n"
        #expect(format(given) == given)
    }

    @Test func `blank lines come one at a time, and not at the ends of blocks`() {
        #expect(format("\n\na\n\n\n\nb {\n\nc\n\n}\n\n\n") == "a\n\nb {\n    c\n}\n")
    }

    @Test(arguments: [
        "a \"two words\" 'as they are ${env:X}' \"\\\"q\\\"\"\n", "a ${env:X:-two words}b\n", "a x{y }z\n",
        "a {b}\n", "a b#c\n", "a '#' \"{\"\n",
    ])
    func `words stay as they are written`(text: String) {
        #expect(format(text) == text || format(text) == nil)
    }

    @Test func `joined lines stay joined`() {
        #expect(format("role \\\n  a   \\\n\tb\nx\n") == "role \\\n    a \\\n    b\nx\n")
        #expect(format("tw\\\no words\n") == "tw\\\no words\n")
        #expect(format("word \\") == "word\n")
        #expect(format("word\\") == "word\n")
        #expect(format("word\\\n") == "word\n")
    }

    @Test func `a backslash that joins nothing does not join when it has become the last of its line`() {
        #expect(format("user\\\t\nb\n") == "user\\ \nb\n")
        #expect(format("a\\  # c\n") == "a\\  # c\n")
    }

    @Test(arguments: ["a {\n", "}\n", "a;\n", "\"open\n", "a { b\n}\n", "a \"b\"c\n", "a {\nb }\n"])
    func `a file that cannot be read is left alone`(text: String) {
        guard case .unreadable(let diagnostics) = formatConfiguration(Array(text.utf8), path: "x") else {
            Issue.record("formatted")
            return
        }
        #expect(!diagnostics.isEmpty)
    }

    @Test func `what the program writes itself is formatted`() {
        for text in [commentedExample(), fullExample()] { #expect(format(text) == text) }
    }

    @Test(arguments: 0..<100)
    func `any file keeps its meaning, and twice is once`(seed: Int) {
        var random = SeededRandom(seed)
        let pieces = [
            " ", "  ", "\t", "\n", "\n", "\n", "\r\n", " {\n", "\n}\n", " { a b }\n", "# c", " # d\n",
            "route", "/x/*",
            "app", "user", "role", "a", "bb", "\"q w\"", "'s s'", "${env:X}", "${env:X:-y z}", " \\\n",
            "\\\n", "é",
            "\"\\\n\"", "#", "{", "}", "$", "\\", "\r", "'", "\"",
        ]
        for _ in 0..<40 {
            var text = ""
            for _ in 0...random.below(60) { text += pieces[random.below(pieces.count)] }
            check(text)
        }
    }

    private func check(_ text: String) {
        switch formatConfiguration(Array(text.utf8), path: "gateway.conf") {
        case .changed: Issue.record("changed: \(text.debugDescription)")
        case .unreadable: break
        case .formatted(let bytes):
            let once = String(decoding: bytes, as: UTF8.self)
            #expect(format(once) == once, "\(text.debugDescription)")
        }
    }
}

@Suite("Dump")
struct DumpTests {
    private let source = TextSource(
        files: [
            "gateway.conf": """
            listen 127.0.0.1:${env:PORT}
            include conf/more.conf
            session { key ${file:key} }
            redis redis://h:1/0 { password ${env:SECRET} }
            users people { store sqlite state/users.db }
            realm main { users people }
            upstream app { server 127.0.0.1:3000 }
            site * {
                route /* - public { respond 200 "it's \\"so\\" ${env:PORT}" }
            }

            """,
            "conf/more.conf": "state state\n", "key": "0123456789abcdef0123456789abcdef-key",
        ], variables: ["PORT": "8080", "SECRET": "hunter2-hunter2"])

    @Test func `says what counts and where it stands, and no secret`() throws {
        let text = try #require(dumpConfiguration(path: "gateway.conf", source: source, defaults: false).text)

        #expect(text.contains("listen 127.0.0.1:8080 "))
        #expect(text.contains("state conf/state "))
        #expect(text.contains("# conf/more.conf:1"))
        #expect(text.contains("key •••"))
        #expect(text.contains("password •••"))
        #expect(!text.contains("hunter2") && !text.contains("0123456789abcdef"))
    }

    @Test(arguments: [false, true])
    func `without its secrets it says the same`(defaults: Bool) throws {
        let text = try #require(
            dumpConfiguration(path: "gateway.conf", source: source, defaults: defaults).text)
        let again = text.split(separator: "\n").map { line in
            line.replacing("key •••", with: "key 0123456789abcdef0123456789abcdef-key")
                .replacing("password •••", with: "password ${env:SECRET}")
        }.joined(separator: "\n")
        var copy = source
        copy.files["gateway.conf"] = Array(again.utf8)

        var first = try #require(loadSettings(path: "gateway.conf", source: source).settings)
        let result = loadSettings(path: "gateway.conf", source: copy)
        var second = try #require(result.settings, "\(result.diagnostics)")
        for index in first.sites[0].routes.indices {
            first.sites[0].routes[index].line = 0
            second.sites[0].routes[index].line = 0
        }

        #expect(first == second)
    }

    @Test func `every default is told, in words where it has no form of its own`() throws {
        let text = try #require(dumpConfiguration(path: "gateway.conf", source: source, defaults: true).text)

        for line in ["bearer off", "remember off", "tls off", "hsts off", "fresh off", "session off"] {
            #expect(text.contains("\(line) "), "\(line)")
        }
        #expect(text.contains("# login_limit: 10/5m per account_ip, 100/5m per ip"))
        #expect(text.contains("# hash_queue: 4 x CPUs"))
        #expect(!text.contains("bearer on"))
    }

    @Test func `a configuration with errors is none to show`() {
        #expect(
            dumpConfiguration(path: "x", source: TextSource(files: ["x": "listen\n"]), defaults: false).text
                == nil)
    }
}
