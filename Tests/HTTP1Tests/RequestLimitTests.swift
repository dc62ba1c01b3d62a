import HTTP1
import Testing

@Suite("RequestHead limits")
struct RequestLimitTests {
    private static let limits = HeadLimits(headerSize: 200, headerCount: 4, uri: 50)

    /// A head of exactly `size` bytes, its target not counted.
    private func head(_ size: Int, target: String = "/") -> [UInt8] {
        let frame = wire("GET  HTTP/1.1⏎Host: a⏎X: ⏎⏎").count
        return wire("GET \(target) HTTP/1.1⏎Host: a⏎X: \(String(repeating: "x", count: size - frame))⏎⏎")
    }

    @Test func `takes a head up to the limit and not one byte more`() {
        for target in ["/", "/" + String(repeating: "t", count: 49)] {
            #expect(parse(head(200, target: target), limits: Self.limits).isComplete)
            let refusal = parse(head(201, target: target), limits: Self.limits).refusal
            #expect(refusal == RequestRefusal(status: 431, .headerSize))
        }
    }

    @Test func `refuses a head that is too large before it ends`() {
        let bytes = Array(head(300).prefix(201))
        #expect(parse(bytes, limits: Self.limits).refusal?.status == 431)
        #expect(parse(Array(bytes.prefix(199)), limits: Self.limits).result == .incomplete)
    }

    @Test func `counts lines`() {
        let line = "A: b⏎"
        let start = "GET / HTTP/1.1⏎Host: a⏎"
        #expect(parse(start + String(repeating: line, count: 3) + "⏎", limits: Self.limits).isComplete)
        let refusal = parse(start + String(repeating: line, count: 4) + "⏎", limits: Self.limits).refusal
        #expect(refusal == RequestRefusal(status: 431, .headerCount))
    }

    @Test func `measures the target, and need not see its end`() {
        let target = "/" + String(repeating: "t", count: 49)
        #expect(parse("GET \(target) HTTP/1.1⏎Host: a⏎⏎", limits: Self.limits).isComplete)
        let refusal = parse("GET \(target)t HTTP/1.1⏎Host: a⏎⏎", limits: Self.limits).refusal
        #expect(refusal == RequestRefusal(status: 414, .targetSize))
        #expect(parse("GET \(target)t", limits: Self.limits).refusal?.status == 414)
        #expect(parse("GET \(target)", limits: Self.limits).result == .incomplete)
    }

    @Test func `stands limits of any size`() {
        for size in [Int.min, -1, 0, 1, Int.max] {
            let limits = HeadLimits(headerSize: size, headerCount: size, uri: size)
            let result = parse("GET / HTTP/1.1⏎Host: a⏎⏎", limits: limits).result
            #expect(size == Int.max ? result == .complete(length: 27) : result != .incomplete)
        }
    }
}
