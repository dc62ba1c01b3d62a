import RandomTestSupport
import RedisTestSupport
import Testing

@testable import Redis

@Suite("ReplyReader")
struct ReplyReaderTests {
    @Test(arguments: [
        ("$-1\r\n", Recorded.null), ("*-1\r\n", .null), (":-42\r\n", .integer(-42)),
        ("$0\r\n\r\n", .bulk("")),
        ("$5\r\na\r\nbc\r\n", .bulk("a\r\nbc")), ("+OK\r\n", .status("OK")),
        ("-ERR no\r\n", .error("ERR no")),
        ("*0\r\n", .array([])),
        (
            "*4\r\n:1\r\n*2\r\n+a\r\n$-1\r\n$1\r\nb\r\n*0\r\n",
            .array([.integer(1), .array([.status("a"), .null]), .bulk("b"), .array([])])
        ),
    ])
    func `reads every kind of reply, however it is cut`(text: String, reply: Recorded) throws {
        let bytes = [UInt8](text.utf8)
        for cut in 1...bytes.count {
            let reader = try #require(ReplyReader())
            #expect(replies(reader, [UInt8](bytes[..<cut])) == (cut == bytes.count ? [reply] : []))
            #expect(reader.isInsideReply == (cut < bytes.count))
            #expect(
                replies(reader, bytes[cut...] + bytes) == (cut == bytes.count ? [reply] : [reply, reply]))
            #expect(!reader.isInsideReply)
        }
    }

    @Test func `hands out many replies of one read in order`() throws {
        let reader = try #require(ReplyReader())
        let text = (0..<5000).map { "$\("\($0)".utf8.count)\r\n\($0)\r\n" }.joined()

        #expect(replies(reader, [UInt8](text.utf8)) == (0..<5000).map { .bulk("\($0)") })
    }

    @Test(arguments: [
        "HTTP/1.1 400 Bad Request\r\n\r\n", "\r\n", "\0", "$x\r\n", "$-2\r\n", "*2147483648\r\n",
        "*2147483647\r\n",
        "*10001\r\n", ":12a\r\n", "$99999999999999999999\r\n", "GET / HTTP/1.1\r\n", "~1\r\n", "_\r\n",
        "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n",
    ])
    func `refuses what is not the protocol or far too much`(text: String) throws {
        let reader = try #require(ReplyReader())

        #expect(replies(reader, [UInt8](text.utf8)) == nil)
    }

    @Test func `a value may have 64 KiB and no byte more`() throws {
        let value = String(repeating: "x", count: 64 << 10)

        let fitting = try #require(ReplyReader())
        #expect(replies(fitting, [UInt8]("$\(value.utf8.count)\r\n\(value)\r\n".utf8)) == [.bulk(value)])
        let over = try #require(ReplyReader())
        #expect(replies(over, [UInt8]("$\(value.utf8.count + 1)\r\n\(value)x\r\n".utf8)) == nil)
    }

    @Test func `a huge value is refused long before it is all there`() throws {
        let reader = try #require(ReplyReader())
        var fed = 0

        var isRefused = replies(reader, [UInt8]("$10485760\r\n".utf8)) == nil
        while !isRefused, fed < 10 << 20 {
            isRefused = replies(reader, [UInt8](repeating: 0x78, count: 16 << 10)) == nil
            fed += 16 << 10
        }

        #expect(isRefused)
        #expect(fed < 128 << 10)
    }

    @Test func `nested elements count towards the limit, and so do all bytes`() throws {
        let inner = "*1000\r\n" + String(repeating: ":1\r\n", count: 1000)
        let many = try #require(ReplyReader())
        #expect(replies(many, [UInt8](("*10\r\n" + String(repeating: inner, count: 10)).utf8)) == nil)

        let value = "$60000\r\n" + String(repeating: "x", count: 60_000) + "\r\n"
        let large = try #require(ReplyReader())
        var isRefused = replies(large, [UInt8]("*30\r\n".utf8)) == nil
        for _ in 0..<30 where !isRefused { isRefused = replies(large, [UInt8](value.utf8)) == nil }
        #expect(isRefused)
    }

    @Test func `random bytes never trap`() throws {
        var random = SeededRandom(2)
        let alphabet = [UInt8]("$*+-:0123459\r\n\r\nxOK".utf8)
        for _ in 0..<5_000 {
            let reader = try #require(ReplyReader())
            let count = Int.random(in: 1...60, using: &random)
            let bytes = (0..<count).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &random)] }
            _ = replies(reader, bytes)
        }
    }

    /// The replies that `bytes` complete; nil if the reader gave up.
    private func replies(_ reader: ReplyReader, _ bytes: [UInt8]) -> [Recorded]? {
        guard bytes.withUnsafeBytes({ reader.feed($0) }) else { return nil }
        var replies: [Recorded] = []
        while true {
            switch reader.next() {
            case .incomplete: return replies
            case .failed: return nil
            case .reply(let reply): replies.append(Recorded(reply))
            }
        }
    }
}
