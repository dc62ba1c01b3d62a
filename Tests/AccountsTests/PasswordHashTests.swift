import Accounts
import RandomTestSupport
import Testing

@Suite("PasswordHash")
struct PasswordHashTests {
    private static let salt = "c29tZXNhbHQ"
    private static let digest = "CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
    private static let tail = String(repeating: "A", count: 53)

    @Test(arguments: [
        "", "$", "$$", "$$$$$$", "plain", "x$2b$05$\(tail)", "$1$salt$hash", "$6$salt$hash",
        "$argon2i$v=19$m=64,t=1,p=1$\(salt)$\(digest)",
        "$argon2d$v=19$m=64,t=1,p=1$\(salt)$\(digest)", "$argon2id$m=64,t=1,p=1$\(salt)$\(digest)",
        "$argon2id$v=16$m=64,t=1,p=1$\(salt)$\(digest)", "$argon2id$v=19$m=64,t=1$\(salt)$\(digest)",
        "$argon2id$v=19$t=1,m=64,p=1$\(salt)$\(digest)", "$argon2id$v=19$m=64,t=1,p=1,x=1$\(salt)$\(digest)",
        "$argon2id$v=19$m=+64,t=1,p=1$\(salt)$\(digest)", "$argon2id$v=19$m=064,t=1,p=1$\(salt)$\(digest)",
        "$argon2id$v=19$m=,t=1,p=1$\(salt)$\(digest)", "$argon2id$v=19$m=6\u{664},t=1,p=1$\(salt)$\(digest)",
        "$argon2id$v=19$m=64,t=1,p=1$\(salt)=$\(digest)", "$argon2id$v=19$m=64,t=1,p=1$\(salt)$\(digest)=",
        "$argon2id$v=19$m=64,t=1,p=1$\(salt)$\(digest)$", "$argon2id$v=19$m=64,t=1,p=1$\(salt)$",
        "$argon2id$v=19$m=64,t=1,p=1$$\(digest)", "$argon2id$v=19$m=64,t=1,p=1$c2hvcnQ$\(digest)",
        "$argon2id$v=19$m=64,t=1,p=1$\(salt)$AAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=64,t=1,p=1$\(salt)$\(digest)\n",
        "$argon2id$v=19$m=64,t=1,p=1$\(salt)$-TFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "$argon2id$v=19$m=4194304,t=1,p=1$\(salt)$\(digest)",
        "$argon2id$v=19$m=64,t=65,p=1$\(salt)$\(digest)",
        "$argon2id$v=19$m=1024,t=1,p=17$\(salt)$\(digest)", "$argon2id$v=19$m=8,t=1,p=2$\(salt)$\(digest)",
        "$argon2id$v=19$m=99999999999999999999,t=1,p=1$\(salt)$\(digest)", "$2$05$\(tail)", "$2x$05$\(tail)",
        "$2b$5$\(tail)", "$2b$005$\(tail)", "$2b$17$\(tail)", "$2b$31$\(tail)", "$2b$03$\(tail)",
        "$2b$-5$\(tail)",
        "$2b$05$\(tail)A", "$2b$05$\(tail.dropLast())", "$2b$05$\(tail.dropLast())=",
        "$2b$05$\(tail.dropLast())\0",
    ])
    func `another form or parameters out of bounds are unusable`(text: String) {
        #expect { try PasswordHash(text) } throws: { error in
            guard case .unusable(let reason)? = error as? HashFailure else { return false }
            return !reason.contains(Self.digest)
        }
        #expect(throws: HashFailure.self) { try PasswordHasher().verify(bytes("x"), against: text) }
    }

    @Test func `a text of megabytes is refused unread`() {
        let text = "$argon2id$v=19$m=64,t=1,p=1$" + String(repeating: "A", count: 1 << 20)

        #expect(throws: HashFailure.unusable(reason: "longer than 512 bytes")) { try PasswordHash(text) }
    }

    @Test func `the largest parameters parse`() throws {
        let argon2id = try PasswordHash("$argon2id$v=19$m=1048576,t=64,p=16$\(Self.salt)$\(Self.digest)")
        let bcrypt = try PasswordHash("$2a$16$\(Self.tail)")

        #expect(argon2id.kind == .argon2id(memoryKiB: 1 << 20, passes: 64, lanes: 16))
        #expect(bcrypt.kind == .bcrypt(cost: 16))
    }

    @Test func `other parameters, another kind and a short salt need an upgrade`() throws {
        let kind = HashKind.argon2id(memoryKiB: 64, passes: 1, lanes: 1)
        let shortSalt = try PasswordHash("$argon2id$v=19$m=64,t=1,p=1$\(Self.salt)$\(Self.digest)")
        let fullSalt = PasswordHash.dummy(kind)
        let bcrypt = try PasswordHash("$2y$10$\(Self.tail)")

        #expect(shortSalt.needsUpgrade(to: kind))
        #expect(!fullSalt.needsUpgrade(to: kind))
        #expect(fullSalt.needsUpgrade(to: .argon2id(memoryKiB: 65, passes: 1, lanes: 1)))
        #expect(fullSalt.needsUpgrade(to: .argon2id(memoryKiB: 64, passes: 2, lanes: 1)))
        #expect(fullSalt.needsUpgrade(to: .bcrypt(cost: 10)))
        #expect(!bcrypt.needsUpgrade(to: .bcrypt(cost: 10)))
        #expect(bcrypt.needsUpgrade(to: .bcrypt(cost: 12)))
    }

    @Test func `no description shows the hash`() throws {
        let hash = try PasswordHash("$2b$10$\(Self.tail)")

        #expect("\(hash)" == "PasswordHash(bcrypt 10)")
        var dumped = ""
        dump(hash, to: &dumped)
        #expect(!dumped.contains("AAAA"))
        #expect(!String(reflecting: hash).contains("AAAA"))
    }

    @Test func `damaged hashes are refused or compared, never trapped on`() throws {
        var random = SeededRandom(7)
        let seeds = [
            "$argon2id$v=19$m=8,t=1,p=1$\(Self.salt)$\(Self.digest)", "$2b$04$\(Self.tail)",
        ].map { [UInt8]($0.utf8) }

        for _ in 0..<20_000 {
            var text = seeds[Int.random(in: 0..<seeds.count, using: &random)]
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let at = Int.random(in: 0..<text.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: text[at] = UInt8.random(in: 0...255, using: &random)
                case 1: text.remove(at: at)
                default: text.insert(UInt8(ascii: "$"), at: at)
                }
            }
            if let parsed = try? PasswordHash(String(decoding: text, as: UTF8.self)) {
                #expect(parsed.kind.refusal == nil)
            }
        }
    }
}
