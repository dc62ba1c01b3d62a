import Accounts
import Glibc
import Secrets
import Testing
import Transport

@testable import Proxy

@Suite struct ReplyTests {
    @Test func `lines are complete, cookies stand apart`() {
        var reply = Reply(status: 303)
        reply.add("Location", "/a b")
        reply.add("Vary", Array("Cookie".utf8))
        reply.addCookie(Array("a=1; Path=/".utf8))
        reply.addCookie(Array("b=2".utf8))
        reply.setBody("text", "text/plain")

        #expect(reply.lines == Array("Location: /a b\r\nVary: Cookie\r\n".utf8))
        #expect(reply.cookies == Array("Set-Cookie: a=1; Path=/\r\nSet-Cookie: b=2\r\n".utf8))
        #expect(reply.body == Array("text".utf8))
        #expect(reply.contentType.map { "\($0)" } == "text/plain")
        #expect(!reply.closes)
    }
}

@Suite struct FormTokensTests {
    private let old = [UInt8](repeating: 1, count: 32)
    private let new = [UInt8](repeating: 2, count: 32)

    private func tokens(_ keys: [[UInt8]], _ loop: EventLoop) throws -> FormTokens {
        FormTokens(keys: try KeyRing(keys), loop: loop)
    }

    /// A token of `key` that ends at `second`.
    private func token(_ key: [UInt8], endingAt second: String) throws -> [UInt8] {
        let code = try KeyRing([key]).signer.authenticator
            .prefixed(with: Array("form token\u{0}".utf8)).code(for: Array(second.utf8))
        return Array("\(second).".utf8) + Base64URL.encode(code.array)
    }

    @Test func `a token is valid where it was made, and with the same key elsewhere`() throws {
        let loop = try EventLoop()
        let made = Array(try tokens([new], loop).make().utf8)

        #expect(try tokens([new], loop).isValid(made))
        #expect(try tokens([[UInt8](repeating: 9, count: 32), new], loop).isValid(made))
        #expect(try !tokens([old], loop).isValid(made))
    }

    @Test func `a token lives for twelve hours`() throws {
        let loop = try EventLoop()
        let tokens = try tokens([new], loop)
        let now = loop.wallNow / 1_000

        let made = tokens.make()
        let end = try #require(Int64(made.prefix { $0 != "." }))
        #expect((12 * 3_600...12 * 3_600 + 600).contains(end - now))
        #expect(end % 600 == 0)
        #expect(tokens.isValid(try token(new, endingAt: "\(now + 1)")))
        #expect(!tokens.isValid(try token(new, endingAt: "\(now)")))
        #expect(!tokens.isValid(try token(new, endingAt: "\(now - 1)")))
        #expect(!tokens.isValid(try token(new, endingAt: "0")))
    }

    @Test func `a new key signs, the one before still verifies`() throws {
        let loop = try EventLoop()
        let before = Array(try tokens([old], loop).make().utf8)
        let rotated = try tokens([new, old], loop)

        #expect(rotated.isValid(before))
        #expect(try tokens([new], loop).isValid(Array(rotated.make().utf8)))
    }

    @Test func `a token with any bit changed is worth nothing`() throws {
        let loop = try EventLoop()
        let tokens = try tokens([new], loop)
        let made = Array(tokens.make().utf8)

        for index in made.indices {
            for bit in 0..<8 {
                var changed = made
                changed[index] ^= 1 << UInt8(bit)
                #expect(!tokens.isValid(changed), "byte \(index), bit \(bit)")
            }
            #expect(!tokens.isValid(Array(made[..<index])))
        }
        #expect(!tokens.isValid(made + [65]))
    }

    @Test(arguments: [
        "", ".", "..", "9999999999", "9999999999.", ".abc", "+9999999999.x", "-1.x",
        "99999999999999999999999.x",
        "999999999999999999999999999999999999999999999999999999999999999999999999999999999999999.x", "a.b",
    ])
    func `what is no token is refused`(text: String) throws {
        let loop = try EventLoop()

        #expect(try !tokens([new], loop).isValid(Array(text.utf8)))
    }

    @Test func `a signed end that is not plain digits is refused`() throws {
        let loop = try EventLoop()
        let tokens = try tokens([new], loop)

        for end in ["+9999999999", " 9999999999", "9999999999 ", "0x7fffffff", "9999999999999", ""] {
            #expect(!tokens.isValid(try token(new, endingAt: end)), "\(end)")
        }
    }
}

@Suite struct PasswordWordingTests {
    @Test func `every refusal is told in its own words`() {
        let refusals: [PasswordPolicy.Refusal] = [
            .tooShort(10), .tooLong(128), .tooLongForBcrypt, .notUTF8, .sameAsName, .common,
            .nulForBcrypt,
        ]
        let texts = refusals.map(PasswordWording.text)

        #expect(Set(texts).count == refusals.count)
        #expect(texts.allSatisfy { $0.hasSuffix(".") && $0.count > 20 })
        #expect(texts[0].contains("10") && texts[1].contains("128") && texts[2].contains("72"))
    }
}

@Suite struct SmallFileTests {
    @Test func `a file is read whole or not at all`() throws {
        let path = "/tmp/gatehouse-small-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        defer { unlink(path) }
        #expect(SmallFile.read(path, limit: 10) == nil)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        #expect(SmallFile.read(path, limit: 10) == [])
        #expect(write(descriptor, "0123456789", 10) == 10)
        #expect(SmallFile.read(path, limit: 10) == Array("0123456789".utf8))
        #expect(SmallFile.read(path, limit: 9) == nil)
        #expect(SmallFile.read("/tmp", limit: 10) == nil)
        close(descriptor)
    }
}
