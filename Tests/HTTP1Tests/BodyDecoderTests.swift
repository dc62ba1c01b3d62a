import HTTP1
import RandomTestSupport
import Testing

@Suite("BodyDecoder")
struct BodyDecoderTests {
    /// Payload, bytes consumed, and whether the body ended, of bytes that come in pieces.
    private struct Decoded: Equatable {
        var payload: [UInt8] = []
        var consumed = 0
        var isComplete = false
        var error: FramingError?
    }

    /// Decodes as a reader with a buffer does: what is consumed goes, the next bytes are put behind the rest.
    private func decode(
        _ bytes: [UInt8], _ framing: BodyFraming = .chunked, cutAt cuts: [Int] = [],
        limitsOverhead: Bool = true
    ) -> Decoded {
        var decoder = BodyDecoder(framing, limitsOverhead: limitsOverhead)
        var decoded = Decoded()
        var buffer: [UInt8] = []
        var taken = 0
        for cut in cuts + [bytes.count] {
            buffer += bytes[taken..<max(cut, taken)]
            taken = max(cut, taken)
            var from = 0
            do throws(FramingError) {
                reading: while true {
                    switch try decoder.next(buffer.span, from: from) {
                    case .payload(let range):
                        decoded.payload += buffer[range]
                        from = range.upperBound
                    case .needMore(let consumed):
                        from = consumed
                        break reading
                    case .end(let consumed):
                        from = consumed
                        break reading
                    }
                }
            } catch {
                decoded.error = error
                decoded.consumed = 0
                return decoded
            }
            decoded.consumed += from
            buffer.removeFirst(from)
            decoded.isComplete = decoder.isComplete
            if decoded.isComplete { break }
        }
        return decoded
    }

    @Test func `finds the payload of chunks and stops behind the last`() {
        let bytes = wire(
            "5⏎hello⏎006;a=b;c=\"d\\\"\"⏎ world⏎0⏎X-Trailer: x⏎Y:⏎X-Content-Length: 1⏎Hosts: a⏎⏎GET /")
        let decoded = decode(bytes)
        #expect(decoded.payload == wire("hello world"))
        #expect(decoded.isComplete && decoded.consumed == bytes.count - 5)
    }

    static let malformed: [(String, FramingError)] = [
        // Sizes.
        ("0x5⏎hello⏎0⏎⏎", .chunkSize), ("+5⏎hello⏎0⏎⏎", .chunkSize), ("-0⏎⏎", .chunkSize),
        ("5_0⏎", .chunkSize),
        (" 5⏎hello", .chunkSize), ("5 ⏎hello", .chunkSize), ("5 ;a⏎hello", .chunkSize),
        ("5⇥⏎hello", .chunkSize),
        ("⏎hello", .chunkSize), (";a⏎", .chunkSize), ("FFFFFFFFFFFFFFFF⏎", .chunkSize),
        ("7fffffffffffffff⏎", .chunkSize), ("4000000000000001⏎", .chunkSize),
        ("10000000000000005⏎", .chunkSize),
        ("00000000000000005⏎hello", .chunkSize), ("Ａ⏎", .chunkSize), ("g⏎", .chunkSize),
        ("5\u{a0}⏎", .chunkSize),
        (String(repeating: "0", count: 1_000) + "5⏎", .chunkSize), ("␀5⏎", .chunkSize), ("5.0⏎", .chunkSize),
        // Line ends.
        ("5␊hello⏎0⏎⏎", .lineEnd), ("5␍hello⏎0⏎⏎", .lineEnd), ("5⏎helloXX0⏎⏎", .lineEnd),
        ("5⏎hello␊0⏎⏎", .lineEnd),
        ("5⏎hello␍0⏎⏎", .lineEnd), ("5⏎hello0⏎⏎", .lineEnd), ("0⏎␊", .lineEnd), ("0⏎␍X", .lineEnd),
        ("0␊␊", .lineEnd),
        ("5␍␍;ABC⏎hello", .lineEnd), ("0␍␍⏎", .lineEnd), ("5⏎hello ⏎0⏎⏎", .lineEnd),
        // Extensions.
        ("5;a␊b⏎hello", .lineEnd), ("5;a␍b⏎hello", .lineEnd), ("5;␀x⏎hello", .chunkExtension),
        ("5;⏎hello", .chunkExtension), ("5;a=⏎hello", .chunkExtension), ("5;a=\"⏎\"⏎hello", .chunkExtension),
        ("5; a⏎hello", .chunkExtension), ("5;a =b⏎hello", .chunkExtension),
        ("5;a=\"b\"c⏎hello", .chunkExtension),
        ("5;=b⏎hello", .chunkExtension), ("5;a=b=c⏎hello", .chunkExtension),
        ("5;a=\"b\\␀\"⏎hello", .chunkExtension),
        ("5;a;;b⏎hello", .chunkExtension), ("5;a=\"b␀\"⏎", .chunkExtension), ("5;\u{e9}⏎", .chunkExtension),
        ("5;" + String(repeating: "a", count: 300) + "⏎hello", .overhead),
        ("5;" + String(repeating: "a", count: 20_000), .overhead),
        // Trailers, and a request taken for them.
        ("0⏎X:GET /smug HTTP/1.1⏎Host: a⏎⏎", .trailer), ("0⏎HOST: a⏎⏎", .trailer),
        ("0⏎Cookie: a=b⏎⏎", .trailer),
        ("0⏎content-length: 9⏎⏎", .trailer), ("0⏎X: a⏎Transfer-Encoding: chunked⏎⏎", .trailer),
        ("0⏎Authorization: x⏎⏎", .trailer),
        ("0⏎X⏎⏎", .trailer), ("0⏎X : a⏎⏎", .trailer), ("0⏎ X: a⏎⏎", .trailer), ("0⏎: a⏎⏎", .trailer),
        ("0⏎X: a␀⏎⏎", .trailer), ("0⏎X: a␊⏎", .lineEnd), ("0⏎X: a␍b⏎⏎", .lineEnd), ("0⏎X: a⏎ b⏎⏎", .trailer),
        ("0⏎X␊⏎", .lineEnd), ("0⏎X: \(String(repeating: "a", count: 9_000))", .trailerSize),
        ("0⏎" + String(repeating: "X: a⏎", count: 65) + "⏎", .trailerSize),
        (
            "0⏎" + String(repeating: "X: \(String(repeating: "a", count: 1_000))⏎", count: 9) + "⏎",
            .trailerSize
        ),
    ]

    @Test(arguments: malformed)
    func `refuses chunks that two readers could take for different ones`(
        _ body: String, _ error: FramingError
    ) {
        let bytes = wire(body)
        #expect(decode(bytes).error == error)
        #expect(decode(bytes, cutAt: Array(0...bytes.count)).error == error)
    }

    @Test func `takes sizes up to 2^62 and no larger`() throws {
        var decoder = BodyDecoder(.chunked)
        let bytes = wire("4000000000000000⏎x")
        let piece = try decoder.next(bytes.span, from: 0)
        #expect(piece == .payload(18..<19))
        #expect(decode(wire("3fffFFFFffffffff⏎x")).payload == wire("x"))
        #expect(decode(wire("0000000000000005⏎hello⏎0⏎⏎")).payload == wire("hello"))
        #expect(decode(wire("A⏎0123456789⏎00⏎⏎")).payload.count == 10)
    }

    @Test func `refuses chunks whose framing outweighs their payload, but not small ones in reason`() {
        let tiny = Array(repeating: wire("1⏎x⏎"), count: 1_000_000).flatMap { $0 }
        #expect(decode(tiny).error == .overhead)
        #expect(decode(tiny, limitsOverhead: false).payload.count == 1_000_000)
        let small =
            Array(repeating: wire("10⏎0123456789abcdef⏎"), count: 100_000).flatMap { $0 } + wire("0⏎⏎")
        #expect(decode(small).isComplete)
        let few = Array(repeating: wire("1;\(String(repeating: "a", count: 240))⏎x⏎"), count: 400).flatMap {
            $0
        }
        #expect(decode(few).error == nil)
        let many = Array(repeating: wire("1;\(String(repeating: "a", count: 240))⏎x⏎"), count: 500).flatMap {
            $0
        }
        #expect(decode(many).error == .overhead)
    }

    @Test func `counts a length down and leaves what follows`() throws {
        let bytes = wire("helloSMUGGLED")
        #expect(decode(bytes, .length(5)) == Decoded(payload: wire("hello"), consumed: 5, isComplete: true))
        let short = decode(bytes, .length(20))
        #expect(short == Decoded(payload: bytes, consumed: 13, isComplete: false))
        var decoder = BodyDecoder(.length(Int.max))
        _ = try decoder.next(bytes.span, from: 0)
        #expect(decoder.remaining == Int.max - 13)
    }

    @Test func `has nothing to read without a body`() throws {
        for framing in [BodyFraming.none, .length(0)] {
            var decoder = BodyDecoder(framing)
            #expect(decoder.isComplete && decoder.remaining == 0)
            let bytes = wire("SM")
            let piece = try decoder.next(bytes.span, from: 1)
            #expect(piece == .end(consumed: 1))
        }
    }

    @Test func `reads until the connection ends where nothing else says so`() throws {
        var decoder = BodyDecoder(.untilClose)
        let bytes = wire("abc")
        let first = try decoder.next(bytes.span, from: 1)
        let second = try decoder.next(bytes.span, from: 3)
        #expect(first == .payload(1..<3) && second == .needMore(consumed: 3))
        #expect(decoder.endsWithConnection && !decoder.isComplete && decoder.remaining == nil)
        decoder.finish()
        #expect(decoder.isComplete)
    }

    @Test func `does not take the connection's end for the end of any other body`() {
        for framing in [BodyFraming.length(3), .chunked] {
            var decoder = BodyDecoder(framing)
            decoder.finish()
            #expect(!decoder.isComplete)
        }
    }

    @Test(arguments: 0..<60)
    func `gives back what was sent, however it was cut`(_ seed: Int) {
        var random = SeededRandom(seed)
        var sent: [UInt8] = []
        var body: [UInt8] = []
        for _ in 0..<Int.random(in: 0...12, using: &random) {
            let chunk = (0..<Int.random(in: 1...600, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            let size = String(chunk.count, radix: 16, uppercase: Bool.random(using: &random))
            sent += chunk
            body += wire("\(size)\(Bool.random(using: &random) ? ";x=\"a b\"" : "")⏎") + chunk + wire("⏎")
        }
        body += wire(Bool.random(using: &random) ? "0⏎⏎" : "000;last⏎X-User-Id: evil⏎X-Host: b⏎⏎")
        let rest = wire("GET /next HTTP/1.1⏎")
        for cuts in [[], Array(0...body.count), random.cuts(body.count + rest.count)] {
            let decoded = decode(body + rest, cutAt: cuts)
            #expect(decoded == Decoded(payload: sent, consumed: body.count, isComplete: true))
        }
    }

    @Test(arguments: 0..<40)
    func `survives any bytes, and says the same of them in one piece and in many`(_ seed: Int) {
        var random = SeededRandom(seed &+ 5_000)
        let corpus =
            Self.malformed.map(\.0).filter { $0.count < 200 }.map(wire) + [wire("5;a=\"b\"⏎hello⏎0⏎A: b⏎⏎")]
        for _ in 0..<200 {
            let bytes = random.mutate(corpus[Int.random(in: 0..<corpus.count, using: &random)])
            let whole = decode(bytes)
            #expect(decode(bytes, cutAt: Array(0...bytes.count)) == whole)
            #expect(decode(bytes, cutAt: random.cuts(bytes.count)) == whole)
        }
    }
}
