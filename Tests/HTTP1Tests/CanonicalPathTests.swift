import HTTP1
import HTTPCore
import RandomTestSupport
import Testing

@Suite("CanonicalPath")
struct CanonicalPathTests {
    /// The path to forward, or why there is none.
    private func canonical(_ path: String, encoded: Bool = false) -> String {
        let bytes = wire(path)
        var out = Array("left over".utf8)
        switch CanonicalPath.make(bytes.span, 0..<bytes.count, encoded: encoded, into: &out) {
        case .verbatim: return path
        case .rewritten: return String(decoding: out, as: UTF8.self)
        case .refused(let fault): return "refused: \(fault)"
        }
    }

    @Test(arguments: [
        "/", "/a", "/a/", "/a/b.c", "/...", "/..a", "/a..", "/.well-known/x", "/a%20b", "/a%23", "/a%3F",
        "/a%25",
        "/a%25zz", "/%E4%BD%A0", "/%C3%A9", "/%F0%9F%98%80", "/a:b@c!$&'()*+,=", "/a|b[c]", "/~x_y-z",
        "/ADMIN",
    ])
    func `leaves a canonical path as it is`(_ path: String) {
        #expect(canonical(path) == path)
    }

    @Test(arguments: [
        ("/%41b", "/Ab"), ("/pub%6Cic", "/public"), ("/%7Ea", "/~a"), ("/%e4%bd%a0", "/%E4%BD%A0"),
        ("/a%2eb", "/a.b"), ("/%2E%2E%2E", "/..."), ("/%30%2d%5f", "/0-_"), ("/a%3a%c3%a9", "/a%3A%C3%A9"),
        ("", "/"),
    ])
    func `decodes what means the same decoded, once`(_ path: String, _ expected: String) {
        #expect(canonical(path) == expected)
        #expect(canonical(expected) == expected)
    }

    @Test(arguments: [
        ("/public/../admin", CanonicalPath.Fault.dotSegment), ("/public/%2e%2e/admin", .dotSegment),
        ("/public/.%2e/admin", .dotSegment), ("/public/%2E./admin", .dotSegment), ("/./admin", .dotSegment),
        ("/admin/.", .dotSegment), ("/admin/..", .dotSegment), ("/..", .dotSegment), ("/.", .dotSegment),
        ("/static../..", .dotSegment), ("/public%2f..%2fadmin", .encodedSlash), ("/admin%2F", .encodedSlash),
        ("/public/..;/admin", .semicolon), ("/admin;x/", .semicolon), ("/a;.css", .semicolon),
        ("/a%3bb", .semicolon), ("/public/..\\admin", .byte), ("/public/..%5cadmin", .encodedSlash),
        ("//admin", .emptySegment), ("/x//admin", .emptySegment), ("/a//", .emptySegment),
        ("///", .emptySegment),
        ("/static//../x", .emptySegment), ("/%252e%252e/admin", .doubleEncoding),
        ("/a%252f..%252fb", .doubleEncoding),
        ("/%2541", .doubleEncoding), ("/x%00.css", .control), ("/x%0d%0aA:b", .control), ("/x%09", .control),
        ("/%1f", .control), ("/%7f", .control), ("/%c0%ae%c0%ae/", .utf8), ("/%c1%81", .utf8),
        ("/%e0%80%af", .utf8),
        ("/%f0%80%80%af", .utf8), ("/%ff", .utf8), ("/%80", .utf8), ("/%c3", .utf8), ("/%c3a", .utf8),
        ("/%c3/%a9", .utf8), ("/%ed%a0%80", .utf8), ("/%f4%90%80%80", .utf8), ("/%e4%bd", .utf8),
        ("/%c3%41", .utf8),
        ("/%", .percent), ("/%4", .percent), ("/%zz", .percent), ("/%u0041", .percent), ("/%+1", .percent),
        ("/a#b", .byte), ("/a?b", .byte), ("/a b", .byte), ("/a\u{e9}", .byte), ("/␀", .byte),
        ("/\u{7f}", .byte),
        ("/⇥", .byte), ("/⏎", .byte), ("/a\"", .byte), ("/<a>", .byte), ("/{x}", .byte), ("/a^b", .byte),
        ("/`", .byte),
        ("a", .relative), ("*", .relative), ("%2fa", .relative), (".", .relative),
    ])
    func `refuses a path that two readers could take for different ones`(
        _ path: String, _ fault: CanonicalPath.Fault
    ) {
        #expect(canonical(path) == "refused: \(fault)")
    }

    @Test(arguments: [
        ("/a%2Fb", "/a%2Fb"), ("/a%2fb", "/a%2Fb"), ("/a;b=c/d", "/a;b=c/d"),
        ("/p/https:%2F%2Fx", "/p/https:%2F%2Fx"),
        ("/a;..", "/a;.."), ("/a%3Bb", "/a%3Bb"),
    ])
    func `lets encoded slashes and semicolons through where a route allows them`(
        _ path: String, _ expected: String
    ) {
        #expect(canonical(path, encoded: true) == expected)
    }

    @Test(arguments: [
        "/public%2f..%2fadmin", "/a%2F..", "/a%2F%2e%2e%2Fb", "/..%2Fadmin", "/..;/admin", "/a/..;x=y/b",
        "/.;", "/..;",
        "/a%2f.;", "/..%3b/admin", "/a//b", "/a%5cb", "/a\\b", "/%252f", "/a/../b", "/%00", "/a/.%2Fb",
    ])
    func `refuses dot segments between them all the same`(_ path: String) {
        #expect(canonical(path, encoded: true).hasPrefix("refused"))
    }

    @Test(arguments: 0..<20)
    func `agrees with a plain reading of the rules on any path`(_ seed: Int) {
        var random = SeededRandom(seed)
        let parts = [
            "/", "/", "a", ".", "%2e", "%2F", "%2f", ";", "%3b", "%41", "%25", "%c3%a9", "%C0", "//", "..",
            "b", "%5C",
        ]
        for _ in 0..<500 {
            let path =
                "/"
                + (0..<Int.random(in: 0..<8, using: &random)).map { _ in
                    parts[Int.random(in: 0..<parts.count, using: &random)]
                }.joined()
            for encoded in [false, true] {
                #expect(
                    canonical(path, encoded: encoded).hasPrefix("refused") == !isPlain(path, encoded),
                    "\(path)")
            }
        }
    }

    /// The rules once more, the slow way: whether no reader can see another path.
    private func isPlain(_ path: String, _ encoded: Bool) -> Bool {
        let upper = path.uppercased()
        if upper.contains("//") || upper.contains("%5C") || upper.contains("%C0") { return false }
        if !encoded, upper.contains(";") || upper.contains("%3B") || upper.contains("%2F") { return false }
        let digits = Set("0123456789ABCDEF")
        for piece in upper.components("%25").dropFirst() where piece.count >= 2 {
            if piece.prefix(2).allSatisfy(digits.contains) { return false }
        }
        let folded = upper.components("%2F").joined(separator: "/").components("%2E").joined(separator: ".")
        for segment in folded.components("/").dropFirst() {
            let name = segment.components("%3B").joined(separator: ";").components(";")[0]
            if name == "." || name == ".." { return false }
        }
        return true
    }

    @Test(arguments: 0..<20)
    func `gives a path that is canonical, whatever the bytes`(_ seed: Int) {
        var random = SeededRandom(seed &+ 77)
        var out: [UInt8] = []
        var again: [UInt8] = []
        for _ in 0..<500 {
            let bytes = random.mutate(wire("/a/%41/b.c/%2f..;x/%c3%a9/"))
            for encoded in [false, true] {
                guard
                    case .rewritten = CanonicalPath.make(
                        bytes.span, 0..<bytes.count, encoded: encoded, into: &out)
                else { continue }
                let second = CanonicalPath.make(out.span, 0..<out.count, encoded: encoded, into: &again)
                #expect(second == .verbatim, "\(out)")
            }
        }
    }
}

extension String {
    /// Split at every `separator`, which has no other meaning.
    fileprivate func components(_ separator: String) -> [String] {
        var parts: [String] = []
        var rest = self[...]
        while let range = rest.firstRange(of: separator) {
            parts.append(String(rest[..<range.lowerBound]))
            rest = rest[range.upperBound...]
        }
        return parts + [String(rest)]
    }
}
