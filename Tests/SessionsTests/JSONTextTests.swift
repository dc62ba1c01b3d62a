import Testing

@testable import Sessions

@Suite("JSONText")
struct JSONTextTests {
    @Test(arguments: [
        ("plain", "plain"), (#"\"\\\/\b\f\n\r\t"#, "\"\\/\u{8}\u{c}\n\r\t"), (#"\u0041\u00e9\u20AC"#, "Aé€"),
        (#"\ud83d\ude00"#, "😀"), ("ä€😀", "ä€😀"), (#"\u0000"#, "\0"), ("", ""),
    ])
    func `reads escapes`(json: String, text: String) {
        #expect(value(json) == [UInt8](text.utf8))
    }

    @Test(arguments: [
        #"\"#, #"\x"#, #"\u"#, #"\u12"#, #"\u12g4"#, #"\ud83d"#, #"\ud83dx"#, #"\ud83d\n"#, #"\ud83d\u0041"#,
        #"\ude00"#, #"\ud83d\ud83d"#, "a\u{1}b", "a\nb",
    ])
    func `refuses escapes that there are not`(json: String) {
        #expect(value(json) == nil)
    }

    @Test func `refuses bytes that are not UTF-8`() {
        for bytes in [[0xff], [0xc3], [0xc0, 0x80], [0xed, 0xa0, 0x80]] as [[UInt8]] {
            let text = JSONText.value(bytes.span, 0..<bytes.count)
            #expect(text == nil)
        }
    }

    @Test func `reads back every character it wrote`() {
        for scalar in (0..<0x3000).compactMap(Unicode.Scalar.init) {
            let text = [UInt8](String(Character(scalar)).utf8)
            var json: [UInt8] = []
            JSONText.append(text, to: &json)

            var position = 0
            let string = JSONScanner.string(json.span, &position)
            #expect(position == json.count)
            let value = string.flatMap { JSONText.value(json.span, $0.range) }
            #expect(value == text)
        }
    }

    private func value(_ json: String) -> [UInt8]? {
        let bytes = [UInt8](json.utf8)
        return JSONText.value(bytes.span, 0..<bytes.count)
    }
}
