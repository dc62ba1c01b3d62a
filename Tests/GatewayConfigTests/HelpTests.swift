import GatewayConfig
import Testing

@Suite struct HelpTests {
    @Test func `the full example works and says nothing but the defaults`() throws {
        let result = load(fullExample(upstream: nil))
        #expect(render(result) == "")
        let full = try #require(result.settings)

        let small = load(
            """
            listen 127.0.0.1:8080
            redis managed
            session { key_file state/session.key }
            users people { store sqlite state/users.db }
            realm main { users people }
            upstream app { server 127.0.0.1:3000 }
            site * { route /* app user }
            """)
        var expected = try #require(small.settings)
        expected.sites[0].routes[0].line = full.sites[0].routes[0].line
        #expect(full == expected)
    }

    @Test func `every example in the full example is valid where it stands`() {
        // Those that exclude what is active already, or each other.
        let apart = [
            "key ", "old_key ", "password ", "respond ", "redirect ", "include ", "origins ", "strip_prefix ",
            "rewrite ", "old_key_file ",
            // They read files.
            "logo ", "icon ", "css ", "templates ", "tls cert", "tls_ca ", "tls_name ", "tls_cert ",
            "watch ", "find ", "insert ", "set_password ", "connections 2 ", "connect_timeout 2s ",
            "timeout 2s ",
        ]
        let lines = fullExample().split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let text = line.drop { $0 == " " }
            let isExample = text.hasPrefix("# ") && line.dropFirst(30).contains("# ")
            let isApart = apart.contains { text.dropFirst(2).hasPrefix($0) }
            return isExample && !isApart ? String(text.dropFirst(2)) : String(line)
        }

        let result = load(lines.joined(separator: "\n"))

        #expect(render(result) == "")
        #expect(result.settings?.trustedProxies.count == 1)
        #expect(result.settings?.limits.hashQueue == 16)
        #expect(result.settings?.sites[0].routes[0].methods == ["GET", "POST", "HEAD"])
    }

    @Test(arguments: [nil, "app:9000", "unix:/run/app.sock", "[::1]:3000"])
    func `the small example works with any upstream`(_ upstream: String?) throws {
        let result = load(commentedExample(upstream: upstream))

        #expect(render(result) == "")
        let full = load(fullExample(upstream: upstream))
        #expect(full.settings?.upstreams[0].servers == result.settings?.upstreams[0].servers)
        #expect(result.settings?.sites[0].routes.count == 2)
    }

    @Test func `an upstream's address cannot bring a directive with it`() {
        let text = commentedExample(upstream: "a:1 }\nsite x { # ${file:/etc/passwd}")

        #expect(!text.contains("site x"))
        #expect(!text.contains("${"))
    }

    @Test func `every directive has help, and its example is its own`() {
        for name in directiveNames {
            let help = directiveHelp(name) ?? ""
            #expect(help.hasPrefix(name), "\(name)")
            for line in help.split(separator: "\n") where line.hasPrefix("    example") {
                #expect(line.dropFirst(13).hasPrefix(name), "\(line)")
            }
        }
    }

    @Test func `help says syntax, place, default, meaning and example`() {
        #expect(
            directiveHelp("idle") == """
                idle DURATION
                    A session ends after this long without a request.
                    in       realm
                    default  2h
                    example  idle 2h

                """)
        #expect(directiveHelp("h2_streams")?.contains("not available in this version") == true)
        #expect(directiveHelp("timeout")?.contains("in       redis\n") == true)
        #expect(directiveHelp("timeout")?.contains("in       route\n") == true)
        #expect(directiveHelp("nonsense") == nil)
        #expect(directiveSuggestion(for: "idel") == "idle")
        #expect(directiveSuggestion(for: "location") == "route")
        #expect(directiveSuggestion(for: "qqqqqq") == nil)
    }

    @Test func `the reference has a row for every directive`() {
        let text = referenceMarkdown()

        for name in directiveNames {
            #expect(text.contains("`\(name)") || text.contains(" { \(name) }`"), "\(name)")
        }
        for line in text.split(separator: "\n") where line.hasPrefix("|") {
            #expect(line.replacing("\\|", with: "").count { $0 == "|" } == 4, "\(line)")
        }
    }
}
