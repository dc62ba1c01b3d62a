import HTTP1
import Testing

@Suite("HostName")
struct HostNameTests {
    @Test(arguments: [
        ("a.B.example.COM", "a.b.example.com"), ("example.com.", "example.com"),
        ("EXAMPLE.com:80", "example.com"),
        ("example.com.:80", "example.com"), ("127.0.0.1:8080", "127.0.0.1"), ("[::1]:80", "[::1]"),
        ("[2001:DB8::A]", "[2001:db8::a]"), ("", ""), ("a..b", ""), ("a@b", ""), ("x_y", "x_y"),
    ])
    func `compares hosts in one form`(_ host: String, _ expected: String) {
        let bytes = wire("Host: \(host)|")
        let name = HostName.withName(bytes.span, 6..<(bytes.count - 1)) { name in
            var copy: [UInt8] = []
            for index in name.indices { copy.append(name[index]) }
            return String(decoding: copy, as: UTF8.self)
        }
        #expect(name == expected)
    }
}

@Suite("StatusLine")
struct StatusLineTests {
    @Test(arguments: [
        (200, "OK"), (404, "Not Found"), (431, "Request Header Fields Too Large"), (299, ""), (599, ""),
    ])
    func `gives our own phrase, and the space before an empty one`(_ status: Int, _ phrase: String) {
        #expect(StatusLine.bytes(for: status) == wire("HTTP/1.1 \(status) \(phrase)⏎"))
    }

    @Test(arguments: [Int.min, 0, 99, 600, Int.max])
    func `never writes a status that is none`(_ status: Int) {
        #expect(StatusLine.bytes(for: status) == wire("HTTP/1.1 500 Internal Server Error⏎"))
    }
}

@Suite("WebSocketHandshake")
struct WebSocketHandshakeTests {
    private func isValid(_ key: String, _ version: String) -> Bool {
        let key = wire(key)
        let version = wire(version)
        return WebSocketHandshake.isValid(key: key.span, version: version.span)
    }

    @Test(arguments: ["dGhlIHNhbXBsZSBub25jZQ==", "AAAAAAAAAAAAAAAAAAAAAA==", "+/+/+/+/+/+/+/+/+/+/+w=="])
    func `takes a key of 16 bytes and version 13`(_ key: String) {
        #expect(isValid(key, "13"))
    }

    @Test(arguments: [
        ("", "13"), ("dGhlIHNhbXBsZSBub25jZQ=", "13"), ("dGhlIHNhbXBsZSBub25jZQ===", "13"),
        ("dGhlIHNhbXBsZSBub25jZR==", "13"), ("dGhlIHNhbXBsZSBub25jZQA=", "13"),
        ("dGhlIHNhbXBsZSBub25jZ===", "13"),
        ("dGhlIHNhbXBsZSB-b25jZQ==", "13"), ("dGhlIHNhbXBsZSBub25jZQ==", "777"),
        ("dGhlIHNhbXBsZSBub25jZQ==", "8"),
        ("dGhlIHNhbXBsZSBub25jZQ==", "13, 8"), ("dGhlIHNhbXBsZSBub25jZQ==", ""),
        ("dGhlIHNhbXBsZSBub25jZQ==", "013"),
    ])
    func `refuses any other`(_ key: String, _ version: String) {
        #expect(!isValid(key, version))
    }
}
