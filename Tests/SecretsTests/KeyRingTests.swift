import Testing

@testable import Secrets

@Suite("KeyRing and KeyText")
struct KeyRingTests {
    @Test func `refuses to be empty or to hold a short key`() {
        #expect(throws: KeyRingFailure.empty) { try KeyRing([]) }
        #expect(throws: KeyRingFailure.tooShort(index: 1, count: 31)) {
            try KeyRing([[UInt8](repeating: 1, count: 32), [UInt8](repeating: 2, count: 31)])
        }
    }

    @Test func `the first key signs and a repeated one counts once`() throws {
        let (old, new) = ([UInt8](repeating: 1, count: 32), [UInt8](repeating: 2, count: 40))

        let ring = try KeyRing([new, old, new])

        #expect(ring.keys.count == 2)
        #expect(ring.signer.id == SigningKey(bytes: new).id)
    }

    @Test func `a key's id is stable, short and its own`() {
        let ids = (0..<200).map { SigningKey(bytes: [UInt8](repeating: $0, count: 32)).id }

        #expect(Set(ids).count == 200)
        #expect(ids.allSatisfy { $0.count == SigningKey.idCount })
        #expect(ids[7] == SigningKey(bytes: [UInt8](repeating: 7, count: 32)).id)
    }

    @Test func `printing a key shows its id only`() throws {
        let ring = try KeyRing([[UInt8](repeating: 1, count: 32)])
        var dumped = ""
        dump(ring, to: &dumped)

        #expect("\(ring.signer)".count == "SigningKey()".count + SigningKey.idCount)
        #expect(!dumped.contains("state"))
    }

    @Test func `reads hex, base64, base64url and text`() {
        let key = (0..<32).map { UInt8(truncatingIfNeeded: $0 * 37 + 200) }
        let plain = [UInt8]("correct horse battery staple, and more of it".utf8)

        #expect(KeyText.decode([UInt8](hex(key).utf8)) == key)
        #expect(KeyText.decode([UInt8](hex(key).uppercased().utf8) + [0x0a]) == key)
        #expect(KeyText.decode(Base64.encode(key) + [0x0d, 0x0a]) == key)
        #expect(KeyText.decode(Base64URL.encode(key)) == key)
        #expect(KeyText.decode(plain + [0x0a]) == plain)
        #expect(KeyText.decode(plain + [0x0a, 0x0a]) == plain + [0x0a])
    }

    @Test func `short hex is what it says and no more, other short text is the key itself`() {
        let digits = [UInt8]("0123456789abcdef0123456789abcdef".utf8)
        let text = [UInt8]("0123456789abcdefg123456789abcdef".utf8)

        #expect(KeyText.decode(digits).count == 16)
        #expect(KeyText.decode(text) == text)
        #expect(KeyText.decode([]) == [])
        #expect(KeyText.decode([0x0a]) == [])
        #expect(KeyText.decode([0x0d]) == [0x0d])
    }
}
