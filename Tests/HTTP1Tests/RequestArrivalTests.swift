import HTTP1
import HTTPCore
import RandomTestSupport
import Testing

@Suite("RequestHead arrival")
struct RequestArrivalTests {
    @Test(arguments: RequestCorpus.all)
    func `gives one answer however the bytes arrive`(_ message: String) {
        let bytes = wire(message)
        let whole = summary(parse(bytes))

        #expect(summary(parse(bytes, cutAt: 0...bytes.count)) == whole)
        for cut in 0...bytes.count {
            #expect(summary(parse(bytes, cutAt: [cut])) == whole, "cut at \(cut)")
        }
    }

    @Test(arguments: 0..<40)
    func `survives any bytes, and says the same of them in one piece and in many`(_ seed: Int) {
        var random = SeededRandom(seed)
        let corpus = RequestCorpus.all.map(wire)
        let limits = HeadLimits(headerSize: 400, headerCount: 6, uri: 100)
        for _ in 0..<200 {
            let bytes = random.mutate(corpus[Int.random(in: 0..<corpus.count, using: &random)])
            let whole = summary(parse(bytes, limits: limits))
            #expect(summary(parse(bytes, cutAt: random.cuts(bytes.count), limits: limits)) == whole)
            #expect(summary(parse(bytes, cutAt: 0...bytes.count, limits: limits)) == whole)
        }
    }

    @Test(arguments: 0..<20)
    func `leaves ranges inside the bytes and one line for each`(_ seed: Int) {
        var random = SeededRandom(seed &+ 1_000)
        let corpus = RequestCorpus.good.map(wire)
        for _ in 0..<200 {
            let bytes = random.mutate(corpus[Int.random(in: 0..<corpus.count, using: &random)])
            let parsed = parse(bytes)
            guard case .complete(let length) = parsed.result else { continue }
            #expect(length <= bytes.count)
            #expect(bytes[length - 4..<length].elementsEqual([0x0d, 0x0a, 0x0d, 0x0a]))
            for line in parsed.head.fields {
                #expect(!line.name.isEmpty && line.value.upperBound <= length - 4)
                #expect(bytes[line.name].allSatisfy(ASCII.isToken))
                #expect(bytes[line.value].allSatisfy { $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 })
            }
            let hosts = parsed.head.fields.count { $0.id == .host }
            #expect(hosts == 1 || (hosts == 0 && parsed.head.minorVersion == 0))
            let framings = parsed.head.fields.count { $0.id == .contentLength || $0.id == .transferEncoding }
            #expect(framings <= 1)
        }
    }

    @Test func `looks at each byte a bounded number of times when they come one by one`() {
        // A quadratic parser needs two thousand million steps for this, minutes in a debug build.
        let limits = HeadLimits(headerSize: 70_000, headerCount: 100, uri: 70_000)
        let long = String(repeating: "a", count: 60_000)
        let blanks = String(repeating: " ", count: 60_000)
        let clock = ContinuousClock()
        for message in [
            "GET /\(long) HTTP/1.1⏎Host: a⏎⏎", "GET / HTTP/1.1⏎Host: a⏎X: \(long)⏎⏎",
            "GET / HTTP/1.1⏎Host: a⏎\(long): x⏎⏎", "GET / HTTP/1.1⏎Host: a⏎X:\(blanks)⏎⏎",
        ] {
            let bytes = wire(message)
            let took = clock.measure {
                #expect(parse(bytes, cutAt: 0...bytes.count, limits: limits).isComplete)
            }
            #expect(took < .seconds(5))
        }
    }
}
