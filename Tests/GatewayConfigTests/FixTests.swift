import Testing

@testable import GatewayConfig

@Suite struct FixTests {
    private func fix(_ text: String) -> (text: String, fixes: Int) {
        let result = fixConfiguration(
            Array(text.utf8), path: "gateway.conf", source: TextSource(files: ["other.conf": "lisen :1\n"]))
        guard case .formatted(let bytes) = formatConfiguration(result.bytes, path: "gateway.conf") else {
            return ("", -1)
        }
        return (String(decoding: bytes, as: UTF8.self), result.fixes.count)
    }

    @Test func `misspelt directives and options, and semicolons, are put right`() {
        let fixed = fix(
            """
            lisen :8080; # here
            log { acess off }
            reelm main {
                samsite lex; idel 5m;
            }
            """)

        #expect(
            fixed.text == """
                listen :8080
                # here
                log { access off }
                realm main {
                    samesite lax
                    idle 5m
                }

                """)
    }

    @Test(arguments: [
        "site * { route /* app publc }\n", "site * { route /* ap user }\n", "realm main { users peopel }\n",
        "realm main { idle 5 }\n", "include other.conf\n", "\"lisen\" :8080\n", "location / { }\n",
        "log { access ${env:X:-of} }\n",
    ])
    func `what has to be decided is left to its author`(text: String) {
        #expect(
            fixConfiguration(
                Array(text.utf8), path: "gateway.conf",
                source: TextSource(files: ["other.conf": "lisen :1\n"])
            ).fixes.isEmpty)
    }

    @Test func `a file without faults stays as it is`() {
        let text = "listen :8080\nlog { access off }\n"
        #expect(fix(text) == (text, 0))
    }
}
