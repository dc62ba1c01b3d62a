import Testing

@testable import Accounts

/// Hashes that other programs made.
@Suite("PasswordHash")
struct HashesOfOthersTests {
    /// Made with crypt(3), `openssl passwd` and htpasswd from "secret", unless it says otherwise.
    static let made: [(String, HashKind)] = [
        ("$y$j9T$MTIz$2cXA84X7L0VT6C.OWQBmthFg0K9YRmjRPp9Vyrylvh7", .yescrypt(cost: 5)),
        (
            "$6$saltsalt$TVLlQcbpFVof5W3Yz4DTP6gRstiNuHwwTt6GLc1E5n0U0aDehy0S5knV8wiOQSpT0Y77vwPZN.Pq.H91p5hVO1",
            .sha512crypt(rounds: 5_000)
        ),
        (
            "$6$rounds=5001$saltsalt$"
                + "eRo839fksshWoEHmHdX/7Uq.Pmen3XX2cfm6f4ywv/b24QbNOabWnbWVRMkFM1jdUtF8zMcSKIP9pdfsSNUqg1",
            .sha512crypt(rounds: 5_001)
        ),
        ("$5$saltsalt$0IyaXrmV7.sGNS6tirgqHLqX/G.FBvgkYA.lpPdS5sA", .sha256crypt(rounds: 5_000)),
        ("$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/", .apr1),
        ("{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", .sha1),
    ]

    @Test(arguments: made)
    func `a hash of another program takes its password and no other`(text: String, kind: HashKind) throws {
        let hash = try PasswordHash(text)

        #expect(hash.kind == kind)
        #expect(hash.needsUpgrade(to: .argon2id(memoryKiB: 19456, passes: 2, lanes: 1)))
        #expect(try PasswordHasher().verify(bytes("secret"), against: hash))
        for wrong in ["", "Secret", "secret ", "secre", "secret\0", String(repeating: "secret", count: 200)] {
            #expect(try !PasswordHasher().verify(bytes(wrong), against: hash), "\(wrong.debugDescription)")
        }
    }

    @Test(arguments: [
        ("", "$apr1$ab$S8K6Sgp3W8c9Jb6LxgywZ."),
        ("a much longer password than sixteen bytes", "$apr1$abcdefgh$Eqv4oIyMsS.tjfvQCJYY1/"),
    ])
    func `apr1 is what openssl makes of it, for every length`(password: String, text: String) throws {
        #expect(try PasswordHasher().verify(bytes(password), against: text))
    }

    @Test(arguments: made)
    func `a damaged hash is unusable or matches nothing`(text: String, kind: HashKind) throws {
        for end in 0..<text.utf8.count {
            let cut = String(decoding: text.utf8.prefix(end), as: UTF8.self)
            #expect(throws: HashFailure.self, "\(cut)") { try PasswordHash(cut) }
        }
        #expect(throws: HashFailure.self) { try PasswordHash(text + "A") }
        #expect(throws: HashFailure.self) { try PasswordHash(" " + text) }
    }

    @Test(arguments: [
        "$6$rounds=999999999$saltsalt$" + String(repeating: ".", count: 86),
        "$6$rounds=999$saltsalt$" + String(repeating: ".", count: 86),
        "$6$rounds=+5000$saltsalt$" + String(repeating: ".", count: 86),
        "$6$rounds=05000$saltsalt$" + String(repeating: ".", count: 86),
        "$y$jFa$MTIz$" + String(repeating: ".", count: 43),
        "$y$j9T/....$MTIz$" + String(repeating: ".", count: 43),
        "$6$salt:x$" + String(repeating: ".", count: 86),
        "$apr1$abcdefghi$h9FWgUz3n9YxylKLlR5SQ/",
        "$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQz",
        "$1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/",
        "{SSHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", "{SHA}secret", "rqXexS6ZhobKA", "secret",
    ])
    func `parameters out of bounds and other kinds are never run`(text: String) {
        #expect(throws: HashFailure.self) { try PasswordHash(text) }
    }

    @Test(arguments: made)
    func `a dummy costs what its kind costs and matches nothing`(text: String, kind: HashKind) throws {
        let dummy = PasswordHash.dummy(kind)

        #expect(try PasswordHash(dummy.text).kind == kind)
        #expect(try !PasswordHasher().verify(bytes("secret"), against: dummy))
        #expect(throws: HashFailure.self) { try PasswordHasher().hash(bytes("secret"), kind: kind) }
    }
}
