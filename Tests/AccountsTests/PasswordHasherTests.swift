import Glibc
import Testing

@testable import Accounts

@Suite("PasswordHasher")
struct PasswordHasherTests {
    private let hasher = PasswordHasher()

    /// The vectors of the reference implementations (phc-winner-argon2, crypt_blowfish).
    static let known: [(stored: String, password: [UInt8])] = [
        (
            "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
            bytes("password")
        ),
        (
            "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
            bytes("password")
        ),
        (
            "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
            bytes("password")
        ),
        (
            "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$C4TWUs9rDEvq7w3+J4umqA32aWKB1+DSiRuBfYxFj94",
            bytes("differentpassword")
        ),
        ("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", bytes("U*U")),
        ("$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK", bytes("U*U*")),
        ("$2b$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a", bytes("U*U*U")),
        ("$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy", []),
        ("$2y$05$/OK.fbVrR/bpIqNJ5ianF.Sa7shbm4.OzKpvFnX1pQLmQW96oUlCq", [0xa3]),
        ("$2b$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e", [0xff, 0xff, 0xa3]),
    ]

    @Test(arguments: known.indices)
    func `matches the known answer and nothing near it`(index: Int) throws {
        let (stored, password) = Self.known[index]

        #expect(try hasher.verify(password, against: stored))
        #expect(try !hasher.verify(password + bytes("x"), against: stored))
        #expect(try !hasher.verify(Array(password.dropLast()) + [0x01], against: stored))
    }

    @Test(arguments: [
        quick, .argon2id(memoryKiB: 64, passes: 2, lanes: 4), .bcrypt(cost: 4),
    ])
    func `a fresh hash has a random salt, parses, matches and needs no upgrade`(kind: HashKind) throws {
        let first = try hasher.hash(bytes("correct horse"), kind: kind)
        let second = try hasher.hash(bytes("correct horse"), kind: kind)

        #expect(first != second)
        let parsed = try PasswordHash(first)
        #expect(parsed.kind == kind)
        #expect(parsed.text == first)
        #expect(!parsed.needsUpgrade(to: kind))
        #expect(try hasher.verify(bytes("correct horse"), against: parsed))
        #expect(try !hasher.verify(bytes("correct Horse"), against: parsed))
        #expect(try !hasher.verify([], against: parsed))
    }

    @Test func `the default cost is written as a PHC text`() throws {
        let kind = HashKind.argon2id(memoryKiB: 19 << 10, passes: 2, lanes: 1)

        let hash = try hasher.hash(bytes("correct horse"), kind: kind)

        #expect(hash.hasPrefix("$argon2id$v=19$m=19456,t=2,p=1$"))
        #expect(try hasher.hash(bytes("x"), kind: .bcrypt(cost: 4)).hasPrefix("$2b$04$"))
    }

    @Test func `Argon2id takes NUL and long passwords whole`() throws {
        let long = [UInt8](repeating: 0x61, count: 4096)
        let hash = try hasher.hash(bytes("pw\0x"), kind: quick)
        let longHash = try hasher.hash(long, kind: quick)

        #expect(try hasher.verify(bytes("pw\0x"), against: hash))
        #expect(try !hasher.verify(bytes("pw"), against: hash))
        #expect(try hasher.verify(long, against: longHash))
        #expect(try !hasher.verify(long.dropLast() + [0x62], against: longHash))
    }

    @Test func `bcrypt refuses what it would cut`() throws {
        let fits = [UInt8](repeating: 0x61, count: 72)
        let kind = HashKind.bcrypt(cost: 4)
        let hash = try hasher.hash(fits, kind: kind)
        let withoutNUL = try hasher.hash(bytes("pw"), kind: kind)

        #expect(throws: HashFailure.tooLongForBcrypt) { try hasher.hash(fits + [0x61], kind: kind) }
        #expect(throws: HashFailure.nulInPassword) { try hasher.hash(bytes("pw\0x"), kind: kind) }
        #expect(try hasher.verify(fits, against: hash))
        #expect(try !hasher.verify(fits + [0x61], against: hash))
        #expect(try !hasher.verify(bytes("pw\0x"), against: withoutNUL))
    }

    @Test(arguments: [
        HashKind.argon2id(memoryKiB: (1 << 20) + 1, passes: 1, lanes: 1),
        .argon2id(memoryKiB: 7, passes: 1, lanes: 1),
        .argon2id(memoryKiB: 64, passes: 65, lanes: 1), .argon2id(memoryKiB: 64, passes: 0, lanes: 1),
        .argon2id(memoryKiB: 1024, passes: 1, lanes: 17), .argon2id(memoryKiB: 64, passes: 1, lanes: 0),
        .argon2id(memoryKiB: -8, passes: -1, lanes: -1), .bcrypt(cost: 3), .bcrypt(cost: 17),
        .bcrypt(cost: Int.max),
    ])
    func `a kind out of bounds is never run`(kind: HashKind) throws {
        let refusal = try #require(kind.refusal)

        #expect(throws: HashFailure.kindRefused(reason: refusal)) { try hasher.hash(bytes("x"), kind: kind) }
        #expect(throws: HashFailure.kindRefused(reason: refusal)) { try hasher.measure(kind) }
    }

    @Test(arguments: [quick, .bcrypt(cost: 4)])
    func `nothing matches the dummy, and it costs what the kind costs`(kind: HashKind) throws {
        let dummy = PasswordHash.dummy(kind)

        #expect(dummy.kind == kind)
        #expect(try PasswordHash(dummy.text) == dummy)
        for password in ["", "password", "u_0123"] {
            #expect(try !hasher.verify(bytes(password), against: dummy))
        }
    }

    @Test(arguments: [HashKind.argon2id(memoryKiB: 4096, passes: 2, lanes: 1), .bcrypt(cost: 7)])
    func `a comparison takes as long against the dummy as against a real hash`(kind: HashKind) throws {
        let real = try PasswordHash(hasher.hash(bytes("correct horse"), kind: kind))
        func fastest(_ stored: PasswordHash, _ password: [UInt8]) throws -> Int {
            try (0..<5).map { _ in
                let start = threadNanoseconds()
                _ = try hasher.verify(password, against: stored)
                return threadNanoseconds() - start
            }.min() ?? 0
        }

        let times = [
            try fastest(real, bytes("correct horse")), try fastest(real, bytes("wrong")),
            try fastest(.dummy(kind), bytes("wrong")),
            try fastest(real, [UInt8](repeating: 0x61, count: 100)),
        ]

        let (low, high) = (times.min() ?? 0, times.max() ?? 0)
        #expect(high < low * 2, "\(times)")
    }

    @Test(arguments: [1, 4096, 8192, (2 << 20) - 1, 2 << 20, (2 << 20) + 1, 19 << 20, (64 << 20) + 4096])
    func `working memory is clean, whole and given back`(count: Int) throws {
        for _ in 0..<3 {
            let base = try #require(HashMemory.allocate(count))
            let memory = UnsafeRawBufferPointer(start: base, count: count)
            #expect(stride(from: 0, to: count, by: 997).allSatisfy { memory[$0] == 0 })
            memset(base, 0xff, count)
            HashMemory.free(base, count)
        }
    }

    @Test func `memory that cannot be had is said, not trapped on`() {
        #expect(HashMemory.allocate(0) == nil)
        #expect(HashMemory.allocate(-1) == nil)
        #expect(HashMemory.allocate(1 << 52) == nil)
    }

    @Test func `a dearer kind measures longer`() throws {
        let cheap = try hasher.measure(.bcrypt(cost: 4))
        let dear = try hasher.measure(.bcrypt(cost: 9))

        #expect(cheap > .zero)
        #expect(dear > cheap)
    }
}

/// The processor time of this thread: what else runs on the machine does not count.
private func threadNanoseconds() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
}
