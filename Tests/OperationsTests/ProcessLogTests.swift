import GatewayConfig
import Glibc
import Testing

@testable import Operations

@Suite struct ProcessLogTests {
    static func line(
        json: Bool, _ message: String, _ fields: [(key: String, value: LogValue)] = []
    ) -> String {
        let style = LogStyle(isJSON: json, process: "worker 0", pid: 7)
        let bytes = style.line(.warning, message, fields, wallTime: 1_795_608_075_123)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func `a JSON line has time, level, process, message and the fields in order`() {
        let line = Self.line(
            json: true, "redis lost", [("reason", "refused"), ("tries", 3), ("last", false)])

        #expect(
            line
                == #"{"ts":"2026-11-25T12:01:15.123Z","log":"process","level":"warning","process":"worker 0","#
                + #""pid":7,"msg":"redis lost","reason":"refused","tries":3,"last":false}"#)
    }

    @Test func `a text line is the same for people`() {
        let line = Self.line(
            json: false, "redis lost", [("reason", "refused"), ("why", "it is gone"), ("n", -3)])

        #expect(
            line
                == #"2026-11-25T12:01:15.123Z warning worker 0: redis lost reason=refused why="it is gone" n=-3"#
        )
    }

    @Test(arguments: [true, false])
    func `nothing in a message or a value ends the line or speaks to the terminal`(json: Bool) {
        let hostile = "a\nb\r\u{1b}[31m\u{0}\u{7f}\u{9b}\u{2028}\u{202e}\""

        let line = Self.line(json: json, hostile, [(hostile, .text(hostile)), ("k", "x=y")])

        let isClean = line.unicodeScalars.allSatisfy {
            $0.value >= 0x20 && !(0x7f..<0xa0).contains($0.value) && $0.value != 0x2028 && $0.value != 0x202e
        }
        #expect(isClean)
        #expect(line.contains(#"\u001b[31m\u0000\u007f\u009b\u2028\u202e\""#))
    }

    @Test(arguments: [true, false])
    func `a line always fits a write, and stays well-formed`(json: Bool) {
        let huge = String(repeating: "\u{1}", count: 10_000)

        let line = Self.line(json: json, huge, [("a", .text(huge)), ("b", 1), ("c", .text(huge)), ("d", 2)])

        #expect(line.utf8.count < LogWriter.maximumWrite)
        #expect(!json || line.hasSuffix("}"))
    }

    @Test func `lines below the level are not written`() throws {
        let directory = TemporaryDirectory()
        let writer = try LogWriter(.file(path: directory.file("log")))
        defer { writer.stop() }
        let log = ProcessLog(writer, format: .json, level: .notice, process: "master")

        log.info("hidden")
        log.notice("shown", ["n": 1])
        log.error("shown too")
        log.finish()

        let text = directory.contents("log")
        #expect(!text.contains("hidden"))
        #expect(text.split(separator: "\n").count == 2)
        #expect(!log.isOn(.debug))
    }

    @Test func `repeats of one message are counted instead of written`() throws {
        let directory = TemporaryDirectory()
        let writer = try LogWriter(.file(path: directory.file("log")))
        defer { writer.stop() }
        let log = ProcessLog(writer, format: .text, level: .info, process: "master")

        for _ in 0..<422 { log.warning("upstream failed") }
        log.warning("something else")
        log.finish()

        let lines = directory.contents("log").split(separator: "\n")
        #expect(lines.filter { $0.hasSuffix("upstream failed") }.count == 10)
        #expect(lines.contains { $0.contains("… 412 more in 10 s message=\"upstream failed\"") })
        #expect(lines.contains { $0.hasSuffix("something else") })
    }

    @Test func `a window of repeats ends after ten seconds`() {
        var fold = RepeatFold()

        let admitted = (0..<15).map { fold.admit("a", now: $0) }
        let early = fold.expire(now: 9_999)
        let due = fold.expire(now: 10_000)
        let isAdmittedAgain = fold.admit("a", now: 10_001)
        let late = fold.expire(now: 30_000)

        #expect(admitted == [Bool](repeating: true, count: 10) + [Bool](repeating: false, count: 5))
        #expect(early.isEmpty)
        #expect(due == [RepeatFold.Summary(key: "a", count: 5)])
        #expect(isAdmittedAgain)
        #expect(late.isEmpty)
    }

    @Test func `many different messages are all written`() {
        var fold = RepeatFold()

        let admitted = (0..<10_000).map { fold.admit("message \($0)", now: 0) }

        #expect(admitted.allSatisfy { $0 })
    }

    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"), (951_782_399_999, "2000-02-28T23:59:59.999Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"), (1_709_251_199_000, "2024-02-29T23:59:59.000Z"),
        (4_107_542_400_001, "2100-03-01T00:00:00.001Z"), (-1, "1969-12-31T23:59:59.999Z"),
    ])
    func `times are written as RFC 3339 has it`(milliseconds: Int64, text: String) {
        var line: [UInt8] = []

        Timestamp.append(milliseconds, to: &line)

        #expect(String(decoding: line, as: UTF8.self) == text)
    }
}
