import HTTP1
import HTTPCore
import RandomTestSupport
import Testing

@Suite("TraceContext")
struct TraceContextTests {
    private static let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    /// The trace's id, and `+` if its state may be passed on; nil for no context.
    private func context(_ lines: String) -> String? {
        let parsed = parse("GET / HTTP/1.1⏎Host: a⏎\(lines)⏎⏎")
        guard let found = TraceContext(parsed.head.fields, parsed.bytes.span) else { return nil }
        return parsed.text(found.traceID) + (found.hasFitState ? "+" : "")
    }

    @Test func `a valid parent names the trace`() {
        #expect(context("traceparent: \(Self.parent)") == "4bf92f3577b34da6a3ce929d0e0e4736+")
        #expect(context("Traceparent:\(Self.parent) ⏎X: y") == "4bf92f3577b34da6a3ce929d0e0e4736+")
    }

    @Test(arguments: [
        "", "00", parent.uppercased(), parent + "-", parent + "0", String(parent.dropLast()),
        "01" + parent.dropFirst(2),
        "ff" + parent.dropFirst(2), "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",
        "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0x",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7 01", parent + "⏎traceparent: " + parent,
    ])
    func `anything else names none`(_ value: String) {
        #expect(context("traceparent: \(value)") == nil)
    }

    @Test func `state alone says nothing, and a parent named in Connection is not there`() {
        #expect(context("tracestate: a=b") == nil)
        #expect(context("Connection: traceparent⏎traceparent: \(Self.parent)") == nil)
    }

    @Test(arguments: [
        ("tracestate: a=b", true), ("tracestate: a=b⏎tracestate: c=d", true),
        ("tracestate: " + String(repeating: "x", count: 512), true),
        ("tracestate: " + String(repeating: "x", count: 513), false),
        (
            "tracestate: " + String(repeating: "x", count: 300) + "⏎tracestate: "
                + String(repeating: "x", count: 211), true
        ),
        (
            "tracestate: " + String(repeating: "x", count: 300) + "⏎tracestate: "
                + String(repeating: "x", count: 212), false
        ),
        ("tracestate: a=\u{e9}", false),
    ])
    func `a state that is too long or not visible is not passed on`(_ line: String, _ isFit: Bool) {
        #expect(context("traceparent: \(Self.parent)⏎\(line)")?.hasSuffix("+") == isFit)
    }

    @Test(arguments: 0..<50)
    func `a parent with one byte changed is another valid one or none`(_ seed: Int) {
        var random = SeededRandom(seed)
        for _ in 0..<50 {
            var bytes = Array(Self.parent.utf8)
            bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(
                in: 0x21...0x7e, using: &random)
            let changed = String(decoding: bytes, as: UTF8.self)
            let found = context("traceparent: \(changed)")
            #expect(found == nil || changed.contains(found?.dropLast() ?? "-"))
        }
    }
}
