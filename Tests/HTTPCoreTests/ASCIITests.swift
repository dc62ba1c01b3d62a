import HTTPCore
import Testing

@Suite("ASCII")
struct ASCIITests {
    @Test(arguments: UInt8.min...UInt8.max)
    func `classes each byte as the grammar does`(_ byte: UInt8) {
        let scalar = Character(Unicode.Scalar(byte))
        let isASCII = byte < 128
        #expect(ASCII.isDigit(byte) == (isASCII && "0123456789".contains(scalar)))
        #expect(ASCII.isAlpha(byte) == (isASCII && scalar.isLetter))
        let isAlphanumeric = ASCII.isAlpha(byte) || ASCII.isDigit(byte)
        #expect(ASCII.isAlphanumeric(byte) == isAlphanumeric)
        #expect(ASCII.isNameByte(byte) == (isAlphanumeric || scalar == "-"))
        #expect(ASCII.isToken(byte) == (isAlphanumeric || "!#$%&'*+-.^_`|~".utf8.contains(byte)))
        #expect(ASCII.isUnreserved(byte) == (isAlphanumeric || "-._~".utf8.contains(byte)))
        #expect(ASCII.isBlank(byte) == (byte == 32 || byte == 9))
        let isUpper = (0x41...0x5a).contains(byte)
        #expect(ASCII.lower(byte) == (isUpper ? byte + 32 : byte))
        let hex = Array("0123456789abcdef".utf8).firstIndex(of: ASCII.lower(byte))
        #expect(ASCII.hexValue(byte) == UInt8(hex ?? 16))
        // Eight at once as one by one.
        let word = UInt64(byte) * 0x0101_0101_0101_0101
        #expect(ASCII.lower(word) == UInt64(ASCII.lower(byte)) * 0x0101_0101_0101_0101)
    }

    @Test func `makes equal keys of equal names only`() {
        let bytes = Array("xxHoSt:yyyyyyyyyhost".utf8)
        #expect(ASCII.key(bytes.span, at: 2, count: 4) == 0x686f_7374)
        #expect(ASCII.key(bytes.span, at: bytes.count - 4, count: 4) == 0x686f_7374)
        #expect(ASCII.key(bytes.span, at: 3, count: 4) != 0x686f_7374)
        #expect(ASCII.key(bytes.span, at: 2, count: 0) == 0)
        #expect(ASCII.word(bytes.span, at: bytes.count - 7) == nil)
        #expect(ASCII.word(bytes.span, at: -1) == nil)
        #expect(ASCII.word(bytes.span, at: Int.max) == nil)
    }

    @Test(arguments: [
        ("0", 0), ("7", 7), ("42", 42), ("9223372036854775807", Int.max), ("9223372036854775808", nil),
        ("18446744073709551615", nil), ("99999999999999999999", nil), ("", nil), ("+5", nil), ("-0", nil),
        ("05", nil),
        ("00", nil), (" 5", nil), ("5 ", nil), ("0x5", nil), ("5_0", nil), ("٥", nil),
    ])
    func `reads a number that is spelled in one way only`(_ text: String, _ value: Int?) {
        let bytes = Array(text.utf8)
        #expect(ASCII.decimal(bytes.span, bytes.indices) == value)
    }

    @Test func `compares and trims without Unicode`() {
        let bytes = Array("\t Kelvin\u{212a} \u{a0}".utf8)
        let trimmed = ASCII.trimmed(bytes.span, bytes.indices)
        #expect(Array(bytes[trimmed]) == Array("Kelvin\u{212a} \u{a0}".utf8))
        #expect(ASCII.equalsIgnoringCase(bytes.span, trimmed, "kelvink \u{a0}") == false)
        #expect(ASCII.equalsIgnoringCase(bytes.span, 2..<8, "kELVIN") == true)
        let kelvin = Array("Kelvin".utf8)
        let isSame = ASCII.equals(bytes.span, 2..<8, kelvin.span)
        let isShifted = ASCII.equals(bytes.span, 1..<7, kelvin.span)
        #expect(isSame && !isShifted)
        let blanks = Array(" \t ".utf8)
        #expect(ASCII.trimmed(blanks.span, blanks.indices).isEmpty)
    }

    @Test(arguments: [
        ("", []), (",", []), (" , ,, ", []), ("a", ["a"]), ("a,b", ["a", "b"]),
        (",, x-user-id ,", ["x-user-id"]),
        ("close,\tKeep-Alive , a b", ["close", "Keep-Alive", "a b"]),
    ])
    func `lists elements and skips empty ones`(_ value: String, _ expected: [String]) {
        let bytes = Array(value.utf8)
        var list = ListScanner(bytes.indices)
        var found: [String] = []
        while let element = list.next(bytes.span) {
            found.append(String(decoding: bytes[element], as: UTF8.self))
        }
        #expect(found == expected)
        for element in expected {
            #expect(ListScanner.contains(bytes.span, bytes.indices, element.uppercased()) == true)
        }
        #expect(ListScanner.contains(bytes.span, bytes.indices, "clos") == false)
    }
}
