import RandomTestSupport
import Testing

@testable import Pages

private func text(_ bytes: [UInt8]) -> String {
    String(decoding: bytes, as: UTF8.self)
}

private func isUTF8(_ bytes: [UInt8]) -> Bool {
    UTF8Check.isValid(bytes.span)
}

@Suite("JSONWriter")
struct JSONWriterTests {
    @Test func `puts commas between members and elements only`() {
        var writer = JSONWriter()
        writer.object { object in
            object.key("a")
            object.integer(-1)
            object.key("b")
            object.array { list in
                list.boolean(true)
                list.null()
                list.object { _ in }
                list.array { _ in }
            }
            object.key("c")
            object.string("x")
        }

        #expect(text(writer.bytes) == #"{"a":-1,"b":[true,null,{},[]],"c":"x"}"#)
    }

    @Test(
        arguments: [
            ([0x22, 0x5c, 0x2f], #""\"\\/""#),
            ([0x00, 0x1f, 0x0a, 0x0d, 0x09, 0x08, 0x7f], #""\u0000\u001f\n\r\t\u0008\u007f""#),
            (Array("é€😀".utf8), "\"é€😀\""), ([0x61, 0xff, 0x62], "\"a\u{fffd}b\""), ([0xc3], "\"\u{fffd}\""),
            ([0xc0, 0xaf], "\"\u{fffd}\u{fffd}\""), ([0xed, 0xa0, 0x80], "\"\u{fffd}\u{fffd}\u{fffd}\""),
            ([0xf4, 0x90, 0x80, 0x80], "\"\u{fffd}\u{fffd}\u{fffd}\u{fffd}\""),
            ([0xe2, 0x82, 0x22], "\"\u{fffd}\u{fffd}\\\"\""),
            ([], "\"\""),
        ] as [([UInt8], String)])
    func `escapes controls and replaces what is no UTF-8`(bytes: [UInt8], expected: String) {
        var writer = JSONWriter()
        writer.string(bytes.span)

        #expect(writer.bytes == Array(expected.utf8))
    }

    @Test(arguments: 0..<20)
    func `whatever it writes, its own reader reads back`(seed: Int) throws {
        var random = SeededRandom(seed)
        for _ in 0..<200 {
            let value = random.bytes(upTo: 30, from: Array("a\"\\\u{1}é€😀".utf8))
            var writer = JSONWriter()
            writer.object { object in
                object.key("v")
                object.string(value.span)
            }

            let fields = try FormBody.parse(writer.bytes.span, as: .json)

            let read = try #require(fields.text("v"))
            #expect(isUTF8(read))
            if isUTF8(value) { #expect(read == value) }
        }
    }
}

@Suite("UTF8Check")
struct UTF8CheckTests {
    @Test(arguments: 0..<20)
    func `agrees with the standard library`(seed: Int) {
        var random = SeededRandom(seed)
        for _ in 0..<2000 {
            let bytes = random.bytes(
                upTo: 5, from: [0x41, 0x80, 0xbf, 0xc2, 0xe0, 0xa0, 0xed, 0x9f, 0xf0, 0x90, 0xf4, 0x8f])
            #expect(isUTF8(bytes) == (String(validating: bytes, as: UTF8.self) != nil))
        }
    }
}

@Suite("Timestamp")
struct TimestampTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00Z"), (951_782_399, "2000-02-28T23:59:59Z"),
        (951_782_400, "2000-02-29T00:00:00Z"),
        (951_868_800, "2000-03-01T00:00:00Z"), (1_795_608_000, "2026-11-25T12:00:00Z"),
        (4_107_542_399, "2100-02-28T23:59:59Z"), (4_107_542_400, "2100-03-01T00:00:00Z"),
        (253_402_300_799, "9999-12-31T23:59:59Z"), (Int.max, "9999-12-31T23:59:59Z"),
        (-1, "1970-01-01T00:00:00Z"), (Int.min, "1970-01-01T00:00:00Z"),
        (1_709_164_800, "2024-02-29T00:00:00Z"),
    ])
    func `formats seconds as UTC`(seconds: Int, expected: String) {
        #expect(Timestamp.rfc3339(seconds: seconds) == expected)
    }
}

@Suite("Problem")
struct ProblemTests {
    @Test func `has the members of the contract in order`() {
        let problem = Problem(.loginRequired, instance: "7f", loginURL: "/_auth/login?return_to=/cart")

        #expect(
            text(problem.json(base: "urn:gatehouse:problem:"))
                == #"{"type":"urn:gatehouse:problem:login_required","title":"Sign-in required","status":401,"#
                + #""code":"login_required","detail":"You need to sign in to use this.","instance":"7f","#
                + #""login_url":"/_auth/login?return_to=/cart"}"#)
    }

    @Test func `names waiting time and fields where there are any`() {
        let problem = Problem(
            .invalidField, status: 400, title: "T", detail: "D\"", retryAfter: 7,
            errors: [
                FieldError(field: "username", message: "M"), FieldError(field: "password", message: "N"),
            ])

        #expect(
            text(problem.json(base: ""))
                == #"{"type":"invalid_field","title":"T","status":400,"code":"invalid_field","detail":"D\"","#
                + #""retry_after":7,"errors":[{"field":"username","message":"M"},{"field":"password","message":"N"}]}"#
        )
    }

    @Test(arguments: ProblemCode.allCases)
    func `every code has a status of its class and words for people`(code: ProblemCode) {
        #expect((400...599).contains(code.status))
        #expect(!code.title.isEmpty && !code.title.hasSuffix("."))
        #expect(code.detail.hasSuffix("."))
        #expect(code.rawValue.utf8.allSatisfy { $0 == 0x5f || (0x61...0x7a).contains($0) })
    }
}

@Suite("SessionAnswer")
struct SessionAnswerTests {
    private let answer = SessionAnswer(
        userID: "u1", name: "ada", roles: ["admin", "x"], realm: "main", created: 0, idleExpires: 7200,
        absoluteExpires: 86_400, remember: false)

    @Test func `answers a login`() {
        #expect(
            text(answer.json())
                == #"{"user":{"id":"u1","name":"ada","roles":["admin","x"]},"realm":"main","session":{"#
                + #""created":"1970-01-01T00:00:00Z","idle_expires":"1970-01-01T02:00:00Z","#
                + #""absolute_expires":"1970-01-02T00:00:00Z","remember":false}}"#)
    }

    @Test func `answers who am I`() {
        #expect(text(answer.whoami()).hasPrefix(#"{"authenticated":true,"user":{"id":"u1","#))
        #expect(text(SessionAnswer.anonymous) == #"{"authenticated":false}"#)
    }

    @Test func `a session without idle limit says null`() {
        var remembered = answer
        remembered.idleExpires = nil

        #expect(text(remembered.json()).contains(#""idle_expires":null,"#))
    }
}
