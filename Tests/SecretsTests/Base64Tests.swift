import Testing

@testable import Secrets

@Suite("Base64URL and Base64")
struct Base64Tests {
    @Test(arguments: [
        ("", "", ""), ("f", "Zg", "Zg=="), ("fo", "Zm8", "Zm8="), ("foo", "Zm9v", "Zm9v"),
        ("foob", "Zm9vYg", "Zm9vYg=="), ("fooba", "Zm9vYmE", "Zm9vYmE="), ("foobar", "Zm9vYmFy", "Zm9vYmFy"),
    ])
    func `gives the texts of RFC 4648`(plain: String, url: String, padded: String) {
        #expect(Base64URL.encode([UInt8](plain.utf8)) == [UInt8](url.utf8))
        #expect(Base64URL.decode([UInt8](url.utf8)) == [UInt8](plain.utf8))
        #expect(Base64.encode([UInt8](plain.utf8)) == [UInt8](padded.utf8))
        #expect(Base64.decode([UInt8](padded.utf8)) == [UInt8](plain.utf8))
    }

    @Test func `uses every character of the alphabet in its place`() {
        let alphabet = [UInt8]("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

        for (value, character) in alphabet.enumerated() {
            #expect(Base64URL.encode([UInt8(value) << 2])[0] == character)
            #expect(
                Base64URL.decode([0x41, character, 0x41, 0x41]) == [UInt8(value) >> 4, UInt8(value) << 4, 0])
        }
    }

    @Test func `refuses every byte outside the alphabet`() {
        let alphabet = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

        for byte in UInt8.min...UInt8.max where !alphabet.contains(byte) {
            for place in 0..<4 {
                var text = [UInt8]("AAAA".utf8)
                text[place] = byte
                #expect(Base64URL.decode(text) == nil, "byte \(byte) at \(place)")
            }
        }
    }

    @Test(arguments: [
        "A", "AAAAA", "Zg==", "Zm8=", "Zh", "Zm9", "AB", "AAB", "Zm9v\n", " Zm9v", "+AAA", "/AAA",
    ])
    func `refuses what is not canonical`(text: String) {
        #expect(Base64URL.decode([UInt8](text.utf8)) == nil)
    }

    @Test(arguments: [
        "Zg", "Zg=", "Zg===", "=", "====", "Z===", "Zh==", "Zm9=", "-AAA", "_AAA", "Zm9v====", "Zg==\n",
    ])
    func `refuses padded text that is not canonical`(text: String) {
        #expect(Base64.decode([UInt8](text.utf8)) == nil)
    }

    @Test func `reads back what it wrote, and no other text of the same length`() throws {
        for count in 0...70 {
            let bytes = try RandomBytes.make(count: count)
            let text = Base64URL.encode(bytes)

            #expect(text.count == Base64URL.encodedCount(count))
            #expect(Base64URL.decodedCount(text.count) == count)
            #expect(Base64URL.decode(text) == bytes)
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
            guard let last = text.last else { continue }
            for other in UInt8.min...UInt8.max where other != last {
                #expect(Base64URL.decode(text.dropLast() + [other]) != bytes)
            }
        }
    }

    @Test func `writes nothing to a place that is too small`() {
        var place: [UInt8] = [1, 2, 3]

        let written = place.withUnsafeMutableBytes { target in
            [7, 8, 9].withUnsafeBytes { Base64URL.encode($0, into: target) }
        }
        let isRead = place.withUnsafeMutableBytes { target in
            [UInt8]("AAAAAAAA".utf8).withUnsafeBytes { Base64URL.decode($0, into: target) }
        }

        #expect(written == 0)
        #expect(!isRead)
        #expect(place == [1, 2, 3])
    }
}
