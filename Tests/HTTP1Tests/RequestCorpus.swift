import HTTP1

/// Requests that are refused: what people sent through other products, by class. Status and bytes.
enum RequestCorpus {
    private static let start = "POST / HTTP/1.1⏎Host: a⏎"

    static let framing: [String] =
        [
            // Length and coding together, in both orders, and in HTTP/1.0.
            "Content-Length: 5⏎Transfer-Encoding: chunked⏎⏎0⏎⏎",
            "Transfer-Encoding: chunked⏎Content-Length: 5⏎⏎0⏎⏎",
            "Transfer-Encoding: chunked⏎Content-Length: 0⏎⏎",
            // Lengths repeated.
            "Content-Length: 5⏎Content-Length: 5⏎⏎hello", "Content-Length: 5⏎Content-Length: 6⏎⏎hello",
            "Content-Length: 5, 5⏎⏎hello", "Content-Length: 5,6⏎⏎hello",
            "Content-Length: ⏎Content-Length: 5⏎⏎hello",
            "Content-Length: 5⏎content-length: 5⏎⏎hello",
            // Lengths that are none.
            "Content-Length: +5⏎⏎", "Content-Length: -0⏎⏎", "Content-Length: -1⏎⏎", "Content-Length: 0x5⏎⏎",
            "Content-Length: 5_0⏎⏎", "Content-Length: 5e0⏎⏎", "Content-Length: 5.0⏎⏎", "Content-Length:  ⏎⏎",
            "Content-Length:⏎⏎", "Content-Length: 5 5⏎⏎", "Content-Length: ٥⏎⏎", "Content-Length: 5\u{a0}⏎⏎",
            "Content-Length: 18446744073709551621⏎⏎", "Content-Length: 9223372036854775808⏎⏎",
            "Content-Length: 99999999999999999999⏎⏎", "Content-Length: 005⏎⏎", "Content-Length: ５⏎⏎",
            "Content-Length: \"5\"⏎⏎", "Content-Length: 5;⏎⏎",
            // Codings that are not exactly `chunked`, once.
            "Transfer-Encoding: xchunked⏎⏎", "Transfer-Encoding: chunked, chunked⏎⏎",
            "Transfer-Encoding: ,chunked⏎⏎",
            "Transfer-Encoding: chunked,⏎⏎", "Transfer-Encoding: \"chunked\"⏎⏎",
            "Transfer-Encoding: \u{a0}chunked⏎⏎",
            "Transfer-Encoding: chunked\u{85}⏎⏎", "Transfer-Encoding: identity⏎⏎",
            "Transfer-Encoding: gzip, chunked⏎⏎",
            "Transfer-Encoding: chunked, gzip⏎⏎", "Transfer-Encoding:⏎⏎",
            "Transfer-Encoding: chunked⏎Transfer-Encoding: chunked⏎⏎",
            "Transfer-Encoding: chunked⏎Transfer-Encoding: identity⏎⏎",
            "Transfer-Encoding: identity⏎Transfer-Encoding: chunked⏎⏎", "Transfer-Encoding: chunked;a=b⏎⏎",
            "Transfer-Encoding: chun ked⏎⏎", "Transfer-Encoding: cow⏎⏎", "Transfer-Encoding: ſchunked⏎⏎",
            "Transfer-Encoding: chun\u{212a}ed⏎⏎",
        ].map { start + $0 } + ["POST / HTTP/1.0⏎Host: a⏎Transfer-Encoding: chunked⏎⏎0⏎⏎"]

    static let lines: [(String, RequestRefusal.Reason)] = [
        // Bare LF, CR and NUL.
        ("GET / HTTP/1.1␊Host: a␊␊", .lineEnd), ("GET / HTTP/1.1⏎Host: a␊⏎", .lineEnd),
        ("GET / HTTP/1.1⏎Host: a⏎␊", .lineEnd), ("GET / HTTP/1.1␍Host: a⏎⏎", .lineEnd),
        (start + "A: b␍X-User-Id: 1⏎⏎", .lineEnd), (start + "A: b␀c⏎⏎", .headerValue),
        (start + "␍Z⏎⏎", .lineEnd), (start + "A: b␍␍⏎⏎", .lineEnd), (start + "A:␀⏎⏎", .headerValue),
        (start + "A: \u{7f}⏎⏎", .headerValue), (start + "A: \u{1b}⏎⏎", .headerValue),
        (start + "Transfer-Encoding: \u{0b}chunked⏎⏎", .headerValue), (start + "A: b␊ c⏎⏎", .lineEnd),
        // Folding, and blanks before the first line.
        (start + "X: y⏎ Transfer-Encoding: chunked⏎⏎", .folded),
        (start + "Transfer-Encoding:⏎ chunked⏎⏎", .framing),
        (start + "X:⏎ y⏎⏎", .folded), (start + "X: y⏎⇥z⏎⏎", .folded),
        ("GET / HTTP/1.1⏎ X: y⏎Host: a⏎⏎", .folded), ("GET / HTTP/1.1⏎⇥Host: a⏎⏎", .folded),
        // Names.
        (start + ": v⏎⏎", .headerName), (start + "Content-Length : 5⏎⏎", .headerName),
        (start + "Content-Length⇥: 5⏎⏎", .headerName), (start + "Content-Length␀: 5⏎⏎", .headerName),
        (start + "Content-Length\u{85}: 5⏎⏎", .headerName), (start + "X[]: v⏎⏎", .headerName),
        (start + "NoColon⏎⏎", .headerName), (start + "Content-Length 5⏎⏎", .headerName),
        (start + "Content-␍⏎Length: 5⏎⏎", .headerName), (start + "Content-␍Length: 5⏎⏎", .headerName),
        (start + "\"X\": v⏎⏎", .headerName), (start + "Transfer-Encoding : chunked⏎⏎", .headerName),
        (start + "X(y): v⏎⏎", .headerName), (start + "X\u{e9}: v⏎⏎", .headerName),
        (start + "=: v⏎⏎", .headerName),
        (start + "@: v⏎⏎", .headerName), (start + "Connection: \"close\"⏎⏎", .connection),
        (start + "Connection: a b⏎⏎", .connection),
    ]

    static let requestLines: [(String, Int)] = [
        ("GET  / HTTP/1.1", 400), ("GET /  HTTP/1.1", 400), ("GET⇥/ HTTP/1.1", 400), ("GET /⇥HTTP/1.1", 400),
        ("GET /x", 400), ("GET ", 400), ("GET", 400), (" GET / HTTP/1.1", 400), ("GET / HTTP/1.1 ", 400),
        ("GET / HTTP/1.32", 400), ("GET / HTTP/01.1", 400), ("GET / http/1.1", 400), ("GET / HTTP/2.0", 505),
        ("GET / HTTP/0.9", 505), ("GET / HTTP/9.1", 505), ("GET / HTTP/4294967297.1", 400),
        ("GET / HTTP/1.", 400),
        ("GET / HTTP/1", 400), ("GET / HTTP/1,1", 400), ("GET / HTTPS/1.1", 400), ("GET / HTP/1.1", 400),
        ("GET / HTTP/1.1␀", 400), ("GET / HTTP/１.1", 400), ("GET / ", 400), ("GET /a b HTTP/1.1", 400),
        ("G=\" / HTTP/1.1", 400), ("G@T / HTTP/1.1", 400), ("G␀T / HTTP/1.1", 400), ("GÉT / HTTP/1.1", 400),
        (" / HTTP/1.1", 400), (String(repeating: "G", count: 33) + " / HTTP/1.1", 501),
        // Targets.
        ("GET admin HTTP/1.1", 400), ("GET * HTTP/1.1", 400), ("OPTIONS */x HTTP/1.1", 400),
        ("GET a:80 HTTP/1.1", 400), ("GET ?q HTTP/1.1", 400), ("GET http://u:p@h/ HTTP/1.1", 400),
        ("GET http:///x HTTP/1.1", 400), ("GET http:// HTTP/1.1", 400), ("GET http://a,b/ HTTP/1.1", 400),
        ("GET http://a:b/ HTTP/1.1", 400), ("GET ftp://a/ HTTP/1.1", 400), ("GET http:/a HTTP/1.1", 400),
        ("GET /a#b HTTP/1.1", 400), ("GET /?a#b HTTP/1.1", 400), ("GET # HTTP/1.1", 400),
        ("GET /\u{ff} HTTP/1.1", 400),
        ("GET /é HTTP/1.1", 400), ("GET /␀ HTTP/1.1", 400), ("GET /\u{7f} HTTP/1.1", 400),
        ("GET /?\u{1} HTTP/1.1", 400),
        ("GET http://a\\b/ HTTP/1.1", 400), ("GET http://a%2eb/ HTTP/1.1", 400),
    ]

    static let hosts = [
        "", " ", "a,b", "a/evil", "a@b", "a b", "a:b", "a:", "a:0", "a:65536", "a:080", "a:80:80", "a:+80",
        ":80", ".a",
        "a..b", ".", "[::1", "::1", "[::1]x", "[::1]:", "[]", "[1.2.3.4]", "[fe80::1%eth0]", "[::1%25eth0]",
        "[:::]",
        "[1:2:3:4:5:6:7]", "[1:2:3:4:5:6:7:8:9]", "[::1::]", "[12345::]", "[g::]", "[1:2:3:4:5:6:7:1.2.3.4]",
        "[::1.2.3]", "[::1.2.3.256]", "[1:]", "[:1]", "a%41", "\u{e9}.example", "a\\b", "a?b", "a#b",
        "http://a", "a;b",
        "a\"b", "a⇥b", "a|b", String(repeating: "a", count: 256),
    ]

    static let foreign: [String] = [
        "PRI * HTTP/2.0⏎⏎SM⏎⏎", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}",
        "PROXY TCP4 1.2.3.4 5.6.7.8 1 2⏎GET / HTTP/1.1⏎",
        "⏎⏎␀⏎QUIT␊", "GET /x⏎⏎", "GET /x␊", "SSH-2.0-OpenSSH_9.2⏎", "\u{80}\u{2e}\u{1}",
    ]

    /// Requests that are served.
    static let good: [String] = [
        "GET / HTTP/1.1⏎Host: a⏎⏎", "GET / HTTP/1.0⏎⏎", "⏎GET /x?y HTTP/1.1⏎HOST:a⏎A:⏎B: ⏎C:⇥d⇥ ⏎⏎next",
        "POST /a/b HTTP/1.1⏎Host: example.com:80⏎Content-Length: 3⏎Cookie: a=1; b=2⏎Accept: */*⏎⏎abc",
        "POST / HTTP/1.1⏎Host: [::1]:8080⏎Transfer-Encoding: chunked⏎Expect: 100-continue⏎⏎0⏎⏎",
        "GET http://b.example/x HTTP/1.1⏎Host: a⏎Connection: close, x-a⏎X-A: 1⏎x_b: 2⏎⏎",
        "OPTIONS * HTTP/1.1⏎Host: a⏎Max-Forwards: 2⏎⏎",
        "GET /ws HTTP/1.1⏎Host: a⏎Upgrade: websocket⏎Connection: Upgrade⏎Sec-WebSocket-Version: 13⏎⏎",
        "GET /\(String(repeating: "a", count: 300)) HTTP/1.1⏎Host: a⏎X: \u{80}\u{ff} \(String(repeating: "b", count: 300))⏎⏎",
        "GET / HTTP/1.1⏎Host: a⏎X:\(String(repeating: " ", count: 200))y\(String(repeating: " ", count: 200))⏎⏎",
    ]

    static var refused: [String] {
        framing + lines.map(\.0) + requestLines.map { "\($0.0)⏎Host: a⏎⏎" } + foreign
            + hosts.map { "GET / HTTP/1.1⏎Host: \($0)⏎⏎" }
    }

    static var all: [String] { good + refused }
}
