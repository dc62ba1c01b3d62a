import Testing

@testable import Accounts

@Suite("LoginName, UserID, RoleName")
struct NamesTests {
    @Test(arguments: [
        ("bob", "bob"), ("BOB", "bob"), ("Bob.Smith+x@Example.ORG", "bob.smith+x@example.org"),
        ("-_.@+", "-_.@+"),
        ("0", "0"),
    ])
    func `a name is lower-cased and kept as typed`(typed: String, canonical: String) throws {
        let name = try #require(LoginName(bytes(typed)))

        #expect(name.canonical == canonical)
        #expect(name.typed == typed)
        #expect(name == LoginName(canonical))
    }

    @Test(arguments: [
        "", " bob", "bob ", "b ob", "bob\0", "bob\n", "bob\r\n", "b/b", "b:b", "b,b", "b'b", "b\"b", "b%62",
        "b\\b",
        "аdmin", "ａｄｍｉｎ", "adm\u{131}n", "ad\u{200b}min", "\u{212a}evin", "e\u{301}", "\u{e9}",
        "\u{202e}nimda",
    ])
    func `a name with any other byte is refused`(name: String) {
        #expect(LoginName(bytes(name)) == nil)
    }

    @Test func `a name has 1 to 254 bytes and no byte over 127`() {
        #expect(LoginName([UInt8](repeating: 0x61, count: 254)) != nil)
        #expect(LoginName([UInt8](repeating: 0x61, count: 255)) == nil)
        #expect(LoginName([0x61, 0xff]) == nil)
        #expect(LoginName([UInt8](repeating: 0x61, count: 1 << 20)) == nil)
    }

    @Test func `ids are of one form and all different`() throws {
        let ids = try (0..<2000).map { _ in try UserID.make() }

        #expect(Set(ids).count == ids.count)
        for id in ids {
            #expect(id.text.utf8.count == 28)
            #expect(id.text.wholeMatch(of: /u_[0-7][0-9a-hjkmnp-tv-z]{25}/) != nil)
            #expect(UserID(id.text) == id)
        }
    }

    @Test(arguments: ["", "a b", "a/b", "a,b", "é", "a\n", "a\0", String(repeating: "a", count: 129)])
    func `an id of another alphabet or size is refused`(text: String) {
        #expect(UserID(text) == nil)
    }

    @Test func `role names are safe in a comma-separated header`() {
        #expect(RoleName.refusal(of: ["admin", "team:a/b", "x@y", "A-1_2.3+4"]) == nil)
        #expect(RoleName.refusal(of: []) == nil)
        for role in ["", "a,b", "a b", "a\r\nX: y", "é", String(repeating: "a", count: 65)] {
            #expect(RoleName.refusal(of: ["ok", role]) != nil)
        }
        #expect(RoleName.refusal(of: (0..<65).map { "r\($0)" }) != nil)
    }
}

@Suite("PasswordPolicy")
struct PasswordPolicyTests {
    private let policy = PasswordPolicy()

    private func refusal(_ password: [UInt8], kind: HashKind = quick) throws -> PasswordPolicy.Refusal? {
        policy.refusal(of: password, name: try loginName("Bob.Builder"), kind: kind)
    }

    @Test func `length counts code points, not bytes`() throws {
        #expect(try refusal(bytes("123456789")) == .tooShort(10))
        #expect(try refusal(bytes("1029384757")) == nil)
        #expect(try refusal(bytes(String(repeating: "ü", count: 9))) == .tooShort(10))
        #expect(try refusal(bytes(String(repeating: "😀", count: 128))) == nil)
        #expect(try refusal(bytes(String(repeating: "😀", count: 129))) == .tooLong(128))
        #expect(try refusal(bytes(String(repeating: "a", count: 129))) == .tooLong(128))
        #expect(try refusal([UInt8](repeating: 0xff, count: 1 << 20)) == .tooLong(128))
        // One character on the screen, ten code points.
        #expect(try refusal(bytes("e" + String(repeating: "\u{301}", count: 9))) == nil)
    }

    @Test(arguments: [
        [0x61, 0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82], [0x80],
    ])
    func `what is not UTF-8 is refused`(tail: [UInt8]) throws {
        #expect(try refusal(bytes("1234567890") + tail) == .notUTF8)
    }

    @Test func `bcrypt's 72 bytes and NUL are said, and only where bcrypt is used`() throws {
        let long = bytes(String(repeating: "ü", count: 37))

        #expect(try refusal(long, kind: .bcrypt(cost: 12)) == .tooLongForBcrypt)
        #expect(try refusal(Array(long.dropLast(2)), kind: .bcrypt(cost: 12)) == nil)
        #expect(try refusal(long) == nil)
        #expect(try refusal(bytes("1029384757\0"), kind: .bcrypt(cost: 12)) == .nulForBcrypt)
        #expect(try refusal(bytes("1029384757\0")) == nil)
    }

    @Test func `the login name is no password, in any case`() throws {
        #expect(try refusal(bytes("bob.builder")) == .sameAsName)
        #expect(try refusal(bytes("BOB.Builder")) == .sameAsName)
        #expect(try refusal(bytes("bob.builder1")) == nil)
    }

    @Test(arguments: [
        "password12", "Password123", "P@ssw0rd123!", "passwordpassword", "PASSWORD2031!!", "pa55word1234",
        "1234567890",
        "0987654321", "0000000000", "aaaaaaaaaa", "qwertyuiop", "Qwerty12345", "1q2w3e4r5t", "1qaz2wsx3edc",
        "zaq12wsxcde3", "abcdefghij", "abc123abc123", "123qweasdzxc", "iloveyou123", "trustno123456",
        "Sunshine2024",
        "letmeinletmein", "Liverpool1892", "administrator", "asdfghjkl;", "qwerty!!", "1234567890!",
        "11223344556",
    ])
    func `what is guessed first is refused`(password: String) throws {
        let lax = PasswordPolicy(minimum: 1)

        #expect(try lax.refusal(of: bytes(password), name: loginName("bob"), kind: quick) == .common)
    }

    @Test(arguments: [
        "correct horse", "correct horse battery", "a b c d e f", " leading and trailing ",
        "aaaaaaaaaaaaaaaaab",
        "tr0ub4dor&3xyz", "password of my cat", "dragon eats monkey", "kV9#mQ2$xL7!", "1234567890 bottles",
        "sunshine-over-lisbon", "u8yG2kQp0s", "qwertyuiop-but-mine", "3141592653",
        "passwordless horse",
    ])
    func `what is not among the first guesses is accepted`(password: String) throws {
        #expect(try refusal(bytes(password)) == nil)
    }

    @Test(arguments: [
        "nobody knows this\nBut This One Too", "but this one too\r\n\r\nNobody Knows This\r\n",
        "\n\n#!comment: x\nz\na\nnobody knows this\nm\nbut this one too\n",
    ])
    func `an operator's list is refused as well`(file: String) throws {
        let policy = PasswordPolicy(blocklist: PasswordBlocklist(file: bytes(file)))
        let name = try loginName("bob")

        for listed in ["nobody knows this", "NOBODY knows this", "but this one too"] {
            #expect(policy.refusal(of: bytes(listed), name: name, kind: quick) == .common)
        }
        for other in ["nobody knows thi", "nobody knows this ", "#!comment: x", "but this one too\r"] {
            #expect(policy.refusal(of: bytes(other), name: name, kind: quick) == nil)
        }
    }

    @Test func `a list is searched whole, whatever its lines`() {
        let words = (0..<500).map { String($0 * 7_919 % 5_000, radix: 3) }
        let list = PasswordBlocklist(file: bytes(words.joined(separator: "\n")))

        #expect(list.count == words.count)
        for number in 0..<5_000 {
            let word = String(number, radix: 3)
            #expect(list.contains(bytes(word)) == words.contains(word))
        }
        #expect(!list.contains([]))
        #expect(!PasswordBlocklist(file: []).contains(bytes("a")))
    }

    @Test func `every listed password is refused in any case of its letters, and none beside it`() {
        let text = "\(CommonPasswordList.text)"
        let entries = text.split { $0 == " " || $0 == "\n" }.map { [UInt8]($0.utf8) }

        #expect(entries.count > 5_000)
        #expect(zip(entries, entries.dropFirst()).allSatisfy { $0.lexicographicallyPrecedes($1) })
        #expect(entries.allSatisfy { $0.count >= 8 && $0 == $0.map(ASCII.lowerCased) })
        let listed = Set(entries)
        for entry in entries {
            #expect(CommonPasswordList.contains(entry))
            #expect(
                CommonPasswordList.contains([UInt8](String(decoding: entry, as: UTF8.self).uppercased().utf8))
            )
            for near in [Array(entry.dropLast()), Array(entry.dropFirst()), entry + [0x21], [0x21] + entry] {
                #expect(CommonPasswordList.contains(near) == listed.contains(near))
            }
        }
        for odd in ["", " ", "\n", "password password1", "\u{0}", "\u{ff}"] {
            #expect(!CommonPasswordList.contains([UInt8](odd.utf8)))
        }
    }

    @Test func `a hard case is decided at once`() {
        let hard = bytes("123123123123123123123123")
        let start = ContinuousClock.now
        for _ in 0..<10 { _ = CommonPasswords.contains(hard) }

        #expect(ContinuousClock.now - start < .seconds(2))
    }

    @Test func `there are no composition rules`() throws {
        for password in [
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "          ", "\t\n\r\u{1b}______", "bbbbbbbbbb x",
        ] {
            #expect(try refusal(bytes(password)) == nil)
        }
    }
}
