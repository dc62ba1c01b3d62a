import RandomTestSupport
import Testing

@testable import Pages

private func form(_ body: String) throws(FormError) -> FormFields {
    try FormBody.parse(Array(body.utf8).span, as: .form)
}

private func json(_ body: String) throws(FormError) -> FormFields {
    try FormBody.parse(Array(body.utf8).span, as: .json)
}

private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

@Suite("FormBody, urlencoded")
struct URLEncodedTests {
    @Test func `decodes names and values`() throws {
        let fields = try form("user%6eame=ada+l%2Bx&password=%00%e2%82%ac%3D=&&empty=&bare&")

        #expect(fields.text("username") == bytes("ada l+x"))
        #expect(fields.text("password") == [0] + bytes("€=="))
        #expect(fields.text("empty") == [])
        #expect(fields.text("bare") == [])
        #expect(fields.fields.count == 4)
    }

    @Test(arguments: [
        ("remember=1", true), ("remember=on", true), ("remember=0", false), ("remember=", false), ("", false),
    ])
    func `reads a ticked box`(body: String, expected: Bool) throws {
        #expect(try form(body).flag("remember") == expected)
    }

    @Test(
        arguments: [
            ("a=%", .malformed), ("a=%4", .malformed), ("a=%zz", .malformed), ("%=a", .malformed),
            ("a=%4&b=1", .malformed),
            ("a=%ff", .invalidUTF8), ("%c0%af=x", .invalidUTF8), ("a=%ed%a0%80", .invalidUTF8),
            ("a=1&a=2", .duplicate(Array("a".utf8))), ("a=1&%61=1", .duplicate(Array("a".utf8))),
            ("a&a", .duplicate(Array("a".utf8))),
        ] as [(String, FormError)])
    func `refuses what is ambiguous or broken`(body: String, expected: FormError) {
        #expect(throws: expected) { try form(body) }
    }

    @Test func `has a limit of fields`() throws {
        let most = (0..<FormFields.limit).map { "f\($0)=1" }.joined(separator: "&")

        #expect(try form(most).fields.count == FormFields.limit)
        #expect(throws: FormError.tooManyFields) { try form(most + "&g=1") }
    }
}

@Suite("FormBody, JSON")
struct FlatJSONTests {
    @Test func `reads strings, booleans and null`() throws {
        let body =
            #" { "username" : "ada" ,"password":"\u0000\ud83d\ude00\n\/\"\\é","remember":true,"x":false,"return_to":null } "#
        let fields = try json(body)

        #expect(fields.text("username") == bytes("ada"))
        #expect(fields.text("password") == [0] + bytes("😀\n/\"\\é"))
        #expect(fields.flag("remember"))
        #expect(!fields.flag("x"))
        #expect(fields.text("return_to") == nil)
        #expect(fields.text("remember") == nil)
    }

    @Test func `an empty object has no fields`() throws {
        #expect(try json("{}").fields.isEmpty)
        #expect(try json(" {\r\n\t} ").fields.isEmpty)
    }

    @Test(arguments: [
        "", " ", "{", "}", "{}}", "{} x", "{}{}", "[]", "\"a\"", "null", "{\"a\"}", "{\"a\":}",
        "{\"a\":\"b\",}", "{,}",
        "{\"a\":\"b\" \"c\":\"d\"}", "{a:\"b\"}", "{'a':'b'}", "{\"a\":truex}", "{\"a\":True}", "{\"a\":\"b}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u12\"}", "{\"a\":\"\\u12g4\"}", "{\"a\":\"\\ud800\"}", "{\"a\":\"\\ud800\\u0041\"}",
        "{\"a\":\"\\udc00\"}",
        "{\"a\":\"\\ud800x\"}", "{\"a\":\"\n\"}", "{\"a\":\"\u{0}\"}", "{\"a\":\"\\", "{\"a\":\"\\u",
        "\u{feff}{}", "{}\u{0}",
        "{\"a\":\"b\"}//c", "{\"a\":+1}", "{\"a\":\"\\u+123\"}",
    ])
    func `refuses what is not one JSON object`(body: String) {
        #expect(throws: FormError.malformed) { try json(body) }
    }

    @Test(arguments: [
        "{\"a\":1}", "{\"a\":-1}", "{\"a\":1e999}", "{\"a\":[]}", "{\"a\":{}}", "{\"a\":{\"$ne\":1}}",
    ])
    func `refuses numbers and nesting`(body: String) {
        #expect(throws: FormError.unsupportedValue(bytes("a"))) { try json(body) }
    }

    @Test func `depth costs nothing`() {
        let deep = "{\"a\":" + String(repeating: "[", count: 10_000)

        #expect(throws: FormError.unsupportedValue(bytes("a"))) { try json(deep) }
    }

    @Test(arguments: [
        #"{"a":"1","a":"2"}"#, #"{"a":"1","\u0061":"2"}"#, #"{"a":null,"a":"2"}"#, #"{"a":"2","a":null}"#,
        #"{"a":null,"a":null}"#, #"{"a":true,"a":false}"#,
    ])
    func `refuses a name given twice, however it is written`(body: String) {
        #expect(throws: FormError.duplicate(bytes("a"))) { try json(body) }
    }

    @Test(arguments: [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80]] as [[UInt8]])
    func `refuses what is not UTF-8`(bad: [UInt8]) {
        let body = bytes(#"{"a":""#) + bad + bytes(#""}"#)

        #expect(throws: FormError.invalidUTF8) { try FormBody.parse(body.span, as: .json) }
    }

    @Test(arguments: 0..<20)
    func `random bytes never trap`(seed: Int) {
        var random = SeededRandom(seed)
        for _ in 0..<1000 {
            let body = random.bytes(upTo: 24, from: bytes(#"{}":,\u00dd8trueflsn%&=+ "#))
            _ = try? FormBody.parse(body.span, as: .json)
            _ = try? FormBody.parse((bytes(#"{"a":""#) + body).span, as: .json)
            _ = try? FormBody.parse(body.span, as: .form)
            _ = try? FormBody.queryValue("a", in: body.span)
            _ = MediaType(body.span)
        }
    }
}

@Suite("FormBody, queries")
struct QueryTests {
    @Test(
        arguments: [
            ("return_to=/a", "/a"), ("x=1&return_to=%2Fa%3Fb&y", "/a?b"), ("return%5Fto=/a", "/a"), ("", nil),
            ("x", nil), ("return_to", ""), ("a=1;return_to=/b", nil), ("x=%zz&%zz=1&x=2&return_to=/a", "/a"),
            ("Return_To=/a", nil),
        ] as [(String, String?)])
    func `finds one parameter`(query: String, expected: String?) throws {
        let found = try FormBody.queryValue("return_to", in: bytes(query).span)

        #expect(found == expected.map(bytes))
    }

    @Test(arguments: ["return_to=/a&return_to=//evil", "return_to=/a&r%65turn_to=/a", "return_to&return_to"])
    func `refuses it twice`(query: String) {
        #expect(throws: FormError.duplicate(bytes("return_to"))) {
            try FormBody.queryValue("return_to", in: bytes(query).span)
        }
    }

    @Test func `refuses a broken value`() {
        #expect(throws: FormError.malformed) { try FormBody.queryValue("a", in: bytes("a=%2").span) }
        #expect(throws: FormError.invalidUTF8) { try FormBody.queryValue("a", in: bytes("a=%ff").span) }
    }
}

@Suite("MediaType")
struct MediaTypeTests {
    @Test(
        arguments: [
            ("application/json", .json), ("Application/JSON", .json),
            ("application/json;charset=utf-8", .json),
            ("application/json ; charset=\"UTF-8\"", .json), ("application/json; charset=\"\\utf-8\"", .json),
            ("application/json; profile=x; charset=utf-8", .json), ("application/json;", .json),
            ("application/x-www-form-urlencoded", .form),
            (" application/x-www-form-urlencoded; charset=UTF-8 ", .form),
            ("", nil), ("text/plain", nil), ("application/json5", nil), ("application/jsonp", nil),
            ("application", nil),
            ("application/json, text/plain", nil), ("application/json; charset=utf-7", nil),
            ("application/json; charset=utf-8; charset=utf-7", nil),
            ("application/json; charset=utf-8; charset=utf-8", nil),
            ("application/json; charset", nil), ("application/json; charset=", nil),
            ("application/json; =utf-8", nil),
            ("application/json; charset=\"utf-8", nil), ("application/json x", nil),
            ("application /json", nil),
            ("multipart/form-data; boundary=x", nil), ("application/vnd.api+json", nil),
            ("application/json; a=\"\\", nil),
        ] as [(String, MediaType?)])
    func `recognises JSON and forms in UTF-8`(value: String, expected: MediaType?) {
        let recognised = MediaType(bytes(value).span)

        #expect(recognised == expected)
    }
}

@Suite("URLEncoding")
struct URLEncodingTests {
    @Test func `encodes all but plain characters`() {
        #expect(URLEncoding.encoded("/a b?c=d&e+é~") == "/a%20b%3Fc%3Dd%26e%2B%C3%A9~")
    }
}
