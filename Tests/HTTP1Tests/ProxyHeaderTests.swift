import HTTP1
import RandomTestSupport
import Testing

@Suite("ProxyHeader")
struct ProxyHeaderTests {
    private static let signature: [UInt8] = [
        0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a,
    ]
    private static let four: [UInt8] = [203, 0, 113, 7, 192, 0, 2, 1, 0xdc, 0x04, 0x01, 0xbb]
    private static let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 203, 0, 113, 7]
    private static let six: [UInt8] = [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x0a]

    private func parse(_ bytes: [UInt8]) -> ProxyHeaderParse { ProxyHeader.parse(bytes.span) }

    private static func binary(_ command: UInt8, _ family: UInt8, _ body: [UInt8], length: Int? = nil)
        -> [UInt8]
    {
        let length = length ?? body.count
        return signature + [command, family, UInt8(length >> 8), UInt8(length & 0xff)] + body
    }

    // MARK: Version 1

    @Test(arguments: [
        ("TCP4 203.0.113.7 192.0.2.1 56324 443", mapped), ("TCP4 203.0.113.7 192.0.2.1 0 65535", mapped),
        ("TCP6 2001:db8::a ::1 56324 443", six), ("TCP6 2001:DB8:0:0:0:0:0:A ::1 1 2", six),
        ("TCP6 ::ffff:203.0.113.7 ::1 1 2", mapped), ("TCP6 2001:db8::0.0.0.10 ::1 1 2", six),
    ])
    func `a line names the client`(_ line: String, _ client: [UInt8]) {
        let bytes = wire("PROXY \(line)⏎")
        #expect(
            parse(bytes + wire("GET / HTTP/1.1⏎"))
                == .complete(ProxyHeader(length: bytes.count, source: .address(client))))
    }

    @Test(arguments: ["UNKNOWN", "UNKNOWN ", "UNKNOWN ffff:f:f x 1", "UNKNOWN a b c d e f \u{e9}"])
    func `of an unknown protocol nothing is told`(_ line: String) {
        let bytes = wire("PROXY \(line)⏎")
        #expect(parse(bytes) == .complete(ProxyHeader(length: bytes.count, source: .unknown)))
    }

    @Test(arguments: [
        "", " ", "TCP4", "TCP4 203.0.113.7 192.0.2.1 56324", "TCP4 203.0.113.7 192.0.2.1 56324 443 ",
        "TCP4 203.0.113.7  192.0.2.1 56324 443", " TCP4 203.0.113.7 192.0.2.1 56324 443",
        "TCP4 203.0.113.7 192.0.2.1 56324 65536", "TCP4 203.0.113.7 192.0.2.1 -1 443",
        "TCP4 203.0.113.7 192.0.2.1 +1 443", "TCP4 203.0.113.7 192.0.2.1 01 443",
        "TCP4 203.0.113.7 192.0.2.1 1 ",
        "TCP4 203.0.113 192.0.2.1 1 2", "TCP4 203.0.113.007 192.0.2.1 1 2",
        "TCP4 203.0.113.256 192.0.2.1 1 2",
        "TCP4 2001:db8::a ::1 1 2", "TCP6 203.0.113.7 192.0.2.1 1 2", "TCP6 2001:db8::a%eth0 ::1 1 2",
        "TCP6 [2001:db8::a] ::1 1 2", "TCP6 2001:db8:::a ::1 1 2", "TCP6 1:2:3:4:5:6:7:8:9 ::1 1 2",
        "TCP4 203.0.113.7 host 1 2", "tcp4 203.0.113.7 192.0.2.1 1 2", "UDP4 203.0.113.7 192.0.2.1 1 2",
        "UNKNOWNX", "TCP4⇥203.0.113.7 192.0.2.1 1 2", "TCP4 203.0.113.7 192.0.2.1 1 2␍",
        "TCP4 203.0.113.7␀ 192.0.2.1 1 2",
        "TCP4 203.0.113.7 192.0.2.1 99999999999999999999 1",
    ])
    func `any other line is broken`(_ line: String) {
        #expect(parse(wire("PROXY \(line)⏎")) == .broken)
    }

    @Test func `a line ends with both bytes, within 107`() {
        #expect(parse(wire("PROXY UNKNOWN␊")) == .broken)
        let longest = wire("PROXY UNKNOWN " + String(repeating: "x", count: 91) + "⏎")
        #expect(longest.count == 107)
        #expect(parse(longest) == .complete(ProxyHeader(length: 107, source: .unknown)))
        #expect(parse(Array(longest[..<106])) == .incomplete)
        let longer = wire("PROXY UNKNOWN " + String(repeating: "x", count: 92) + "⏎")
        #expect(parse(longer) == .broken)
        #expect(parse(Array(longer[..<107])) == .broken)
    }

    @Test(arguments: [
        "GET / HTTP/1.1", "PROXX", "P GET", "proxy TCP4", "\u{16}\u{3}\u{1}", "⏎⏎GET", "⏎⏎␀⏎QUIT\u{b}",
        "PROXY\t",
    ])
    func `what begins otherwise is no header`(_ text: String) {
        #expect(parse(wire(text)) == .absent)
    }

    @Test(arguments: ["", "P", "PRO", "PROXY", "PROXY ", "PROXY TCP4", "⏎", "⏎⏎␀", "⏎⏎␀⏎QUIT␊"])
    func `what may become one is waited for`(_ text: String) {
        #expect(parse(wire(text)) == .incomplete)
    }

    // MARK: Version 2

    @Test func `addresses of both families name the client`() {
        let short = Self.binary(0x21, 0x11, Self.four)
        #expect(parse(short) == .complete(ProxyHeader(length: 28, source: .address(Self.mapped))))
        let long = Self.binary(0x21, 0x21, Self.six + [UInt8](repeating: 1, count: 16) + [0, 1, 0, 2])
        #expect(parse(long + [1, 2, 3]) == .complete(ProxyHeader(length: 52, source: .address(Self.six))))
    }

    @Test(
        arguments: [
            (0x12, four), (0x22, [UInt8](repeating: 1, count: 36)),
            (0x31, [UInt8](repeating: 0x61, count: 216)),
            (0x32, [UInt8](repeating: 0, count: 216)), (0x00, []), (0x00, [1, 2, 3, 4, 5]),
        ] as [(UInt8, [UInt8])])
    func `other addresses name nobody`(_ family: UInt8, _ body: [UInt8]) {
        #expect(
            parse(Self.binary(0x21, family, body))
                == .complete(ProxyHeader(length: 16 + body.count, source: .unknown)))
    }

    @Test(arguments: [(0x00, []), (0x11, four), (0x00, [9, 9, 9]), (0x21, [])] as [(UInt8, [UInt8])])
    func `the proxy's own connections stay its own`(_ family: UInt8, _ body: [UInt8]) {
        #expect(
            parse(Self.binary(0x20, family, body))
                == .complete(ProxyHeader(length: 16 + body.count, source: .proxy)))
    }

    @Test(arguments: [
        binary(0x11, 0x11, four), binary(0x31, 0x11, four), binary(0x22, 0x11, four),
        binary(0x2f, 0x11, four),
        binary(0x21, 0x10, four), binary(0x21, 0x01, four), binary(0x21, 0x13, four),
        binary(0x21, 0x41, four),
        binary(0x21, 0xff, four), binary(0x20, 0x44, []), binary(0x21, 0x11, Array(four.dropLast())),
        binary(0x21, 0x11, []), binary(0x21, 0x21, four), binary(0x21, 0x31, four),
        binary(0x21, 0x11, four, length: 4_081), binary(0x20, 0x00, [], length: 65_535),
        // Records that do not fill their place.
        binary(0x21, 0x11, four + [4]), binary(0x21, 0x11, four + [4, 0]),
        binary(0x21, 0x11, four + [4, 0, 1]),
        binary(0x21, 0x11, four + [4, 0xff, 0xff, 0]), binary(0x21, 0x11, four + [4, 0, 0, 1]),
        // A checksum that is wrong, or too short to be one; TLS without its parts.
        binary(0x21, 0x11, four + [3, 0, 4, 1, 2, 3, 4]), binary(0x21, 0x11, four + [3, 0, 1, 0]),
        binary(0x21, 0x11, four + [0x20, 0, 4, 1, 0, 0, 0]),
        binary(0x21, 0x11, four + [0x20, 0, 7, 1, 0, 0, 0, 0, 0x21, 0]),
    ])
    func `what breaks the grammar is broken`(_ bytes: [UInt8]) {
        #expect(parse(bytes) == .broken)
    }

    @Test func `records are skipped, but for what they say of TLS`() {
        let plain = Self.four + [4, 0, 2, 0, 0] + [1, 0, 2, 0x68, 0x32] + [0xee, 0, 0]
        #expect(
            parse(Self.binary(0x21, 0x11, plain))
                == .complete(ProxyHeader(length: 16 + plain.count, source: .address(Self.mapped))))
        for (client, isOverTLS) in [(UInt8(7), true), (1, true), (0, false), (2, false)] {
            let body = Self.four + [0x20, 0, 15, client, 0, 0, 0, 0, 0x21, 0, 7] + Array("TLSv1.3".utf8)
            var header = ProxyHeader(length: 16 + body.count, source: .address(Self.mapped))
            header.isOverTLS = isOverTLS
            #expect(parse(Self.binary(0x21, 0x11, body)) == .complete(header))
        }
    }

    /// Of HAProxy 2.6: `send-proxy-v2` with `proxy-v2-options crc32c`.
    @Test func `a right checksum is accepted`() {
        let bytes = Self.checked(Self.binary(0x21, 0x11, Self.four + [3, 0, 4, 0, 0, 0, 0]), at: 31)
        #expect(parse(bytes) == .complete(ProxyHeader(length: 35, source: .address(Self.mapped))))
        // At 28 stands the type, without which it is no checksum.
        for index in bytes.indices where index > 15 && index != 28 {
            var other = bytes
            other[index] ^= 1
            #expect(parse(other) == .broken, "\(index)")
        }
    }

    private static func checked(_ bytes: [UInt8], at place: Int) -> [UInt8] {
        var table: [UInt32] = []
        for number in 0..<UInt32(256) {
            var value = number
            for _ in 0..<8 { value = value & 1 == 1 ? 0x82f6_3b78 ^ (value >> 1) : value >> 1 }
            table.append(value)
        }
        var sum: UInt32 = 0xffff_ffff
        for byte in bytes { sum = table[Int((sum ^ UInt32(byte)) & 0xff)] ^ (sum >> 8) }
        var result = bytes
        for index in 0..<4 {
            result[place + index] = UInt8(truncatingIfNeeded: ~sum >> UInt32(24 - 8 * index))
        }
        return result
    }

    // MARK: Both

    @Test(arguments: [
        wire("PROXY TCP4 203.0.113.7 192.0.2.1 56324 443⏎"), wire("PROXY UNKNOWN⏎"),
        binary(0x21, 0x11, four + [4, 0, 0]),
        binary(0x20, 0x00, []),
    ])
    func `every part of a header is incomplete`(_ bytes: [UInt8]) {
        for count in bytes.indices { #expect(parse(Array(bytes[..<count])) == .incomplete, "\(count)") }
    }

    /// Nothing traps; a header never takes more than there is; and more bytes never turn a verdict.
    @Test(arguments: 0..<100)
    func `a verdict stands whatever follows`(_ seed: Int) {
        var random = SeededRandom(seed)
        let samples = [
            wire("PROXY TCP4 203.0.113.7 192.0.2.1 56324 443⏎GET"),
            wire("PROXY TCP6 2001:db8::a ::1 1 2⏎GET"),
            Self.binary(0x21, 0x11, Self.four + [4, 0, 2, 0, 0, 0x20, 0, 5, 1, 0, 0, 0, 0]) + [1, 2],
            Self.binary(0x21, 0x21, [UInt8](repeating: 7, count: 40)), Self.binary(0x20, 0, []),
        ]
        for _ in 0..<100 {
            var bytes = samples.randomElement(using: &random) ?? []
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                let place = Int.random(in: bytes.indices, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[place] = UInt8.random(in: .min ... .max, using: &random)
                case 1: bytes.remove(at: place)
                default: bytes.insert(UInt8.random(in: 0...0x40, using: &random), at: place)
                }
            }
            let whole = parse(bytes)
            if case .complete(let header) = whole { #expect(header.length <= bytes.count) }
            for count in bytes.indices {
                let part = parse(Array(bytes[..<count]))
                #expect(part == .incomplete || part == whole, "\(count)")
            }
        }
    }
}
