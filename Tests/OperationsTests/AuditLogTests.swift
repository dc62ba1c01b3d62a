import Testing

@testable import Operations

@Suite struct AuditLogTests {
    static func line(json: Bool, _ fields: AuditLog.Fields) -> String {
        let style = LogStyle(isJSON: json, process: "", pid: 0)
        let bytes = style.auditLine(.loginFailed, fields, wallTime: 1_795_608_075_123)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func `a JSON line has time, event and the fields in order`() {
        #expect(
            Self.line(json: true, [("reason", "wrong_password"), ("tries", 2)])
                == #"{"ts":"2026-11-25T12:01:15.123Z","log":"audit","event":"login_failed","#
                + #""reason":"wrong_password","tries":2}"#)
    }

    @Test func `a text line is the same for people`() {
        #expect(
            Self.line(json: false, [("reason", "wrong_password"), ("ua", "a b=c")])
                == #"2026-11-25T12:01:15.123Z audit login_failed reason=wrong_password ua="a b=c""#)
    }

    @Test(arguments: [true, false])
    func `a line fits a write and stays well-formed, whatever comes`(json: Bool) {
        let hostile = String(repeating: "\u{1}\n\"", count: 4_000)

        let line = Self.line(json: json, [("a", .text(hostile)), ("b", 1), ("c", .text(hostile)), ("d", 2)])

        #expect(line.utf8.count < LogWriter.maximumWrite)
        #expect(line.unicodeScalars.allSatisfy { $0.value >= 0x20 })
        #expect(line.hasSuffix(json ? #""d":2}"# : " d=2"))
    }

    @Test func `every event has a line, in the order of recording, and none is folded`() throws {
        let directory = TemporaryDirectory()
        let writer = try LogWriter(.file(path: directory.file("log")))
        let audit = AuditLog(writer, isJSON: true)
        defer { audit.stop() }

        for _ in 0..<50 { for event in AuditEvent.allCases { audit.record(event, []) } }
        audit.flush(milliseconds: 5_000)

        let lines = directory.contents("log").split(separator: "\n")
        #expect(lines.count == 50 * AuditEvent.allCases.count)
        for (line, event) in zip(lines, AuditEvent.allCases) {
            #expect(line.contains("\"event\":\"\(event.rawValue)\""))
        }
        #expect(audit.dropped == 0)
    }
}
