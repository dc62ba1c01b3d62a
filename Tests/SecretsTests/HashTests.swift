import Testing

@testable import Secrets

@Suite("Hashes, codes and random bytes")
struct HashTests {
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func `gives the SHA-256 values of FIPS 180`(message: String, digest: String) {
        #expect(hex(SHA256.hash([UInt8](message.utf8)).array) == digest)
    }

    @Test func `hashes pieces like the whole, and a copy goes its own way`() {
        var first = SHA256()
        first.update([UInt8]("ab".utf8))
        var second = first
        first.update([UInt8]("c".utf8))
        second.update([UInt8]("d".utf8))

        #expect(first.finish() == SHA256.hash([UInt8]("abc".utf8)))
        #expect(second.finish() == SHA256.hash([UInt8]("abd".utf8)))
    }

    @Test func `gives the WebSocket accept value of RFC 6455`() {
        let hash = SHA1.hash([UInt8]("dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8))

        #expect(Base64.encode(hash) == [UInt8]("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=".utf8))
    }

    @Test(arguments: [
        (
            [UInt8](repeating: 0x0b, count: 20), [UInt8]("Hi There".utf8),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            [UInt8]("Jefe".utf8), [UInt8]("what do ya want for nothing?".utf8),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            [UInt8](repeating: 0xaa, count: 131),
            [UInt8]("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
    ])
    func `gives the codes of RFC 4231`(key: [UInt8], message: [UInt8], code: String) {
        let authenticator = MessageAuthenticator(key: key)

        #expect(hex(authenticator.code(for: message).array) == code)
        #expect(
            hex(authenticator.code(for: message).array) == code, "a second code is not disturbed by the first"
        )
    }

    @Test func `a prefixed authenticator codes the whole message`() {
        let authenticator = MessageAuthenticator(key: [UInt8](repeating: 7, count: 32))

        for split in [0, 1, 55, 63, 64, 65, 99] {
            let message = (0..<100).map { UInt8($0) }
            let prefixed = authenticator.prefixed(with: [UInt8](message[..<split]))
            #expect(prefixed.code(for: [UInt8](message[split...])) == authenticator.code(for: message))
        }
    }

    @Test func `compares whole values only`() {
        #expect(ConstantTime.areEqual([], []))
        #expect(ConstantTime.areEqual([1, 2], [1, 2]))
        #expect(!ConstantTime.areEqual([1, 2], [1, 3]))
        #expect(!ConstantTime.areEqual([1, 2], [1]))
        #expect(!ConstantTime.areEqual([1], []))
    }

    @Test func `random bytes differ every time and fill the whole place`() throws {
        let draws = try (0..<1000).map { _ in try RandomBytes.make(count: 16) }

        #expect(Set(draws).count == 1000)
        #expect(try RandomBytes.make(count: 0).isEmpty)
        for place in 0..<16 { #expect(Set(draws.map { $0[place] }).count > 100) }
    }
}

func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
