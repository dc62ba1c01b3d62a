import Foundation
import RandomTestSupport
import Testing

@testable import Transport

@Suite struct TLSContextTests {
    // MARK: Certificates

    @Test func `a certificate knows its names, addresses and time`() throws {
        let made = try TestCertificate(["Shop.Example", "*.shop.example", "127.0.0.1", "::1"]).loaded()

        #expect(made.names == ["shop.example", "*.shop.example"])
        #expect(made.addresses == [[127, 0, 0, 1], [UInt8](repeating: 0, count: 15) + [1]])
        #expect((29 * 86_400...30 * 86_400).contains(made.secondsLeft))
        #expect(made.secondsAhead <= 0)
    }

    @Test func `without a list of names it is for its common name`() throws {
        #expect(try TestCertificate(["shop.example"], hasNames: false).loaded().names == ["shop.example"])
    }

    @Test func `a chain in its order is taken, in another it is not`() throws {
        let root = try TestCertificate(["root"], isAuthority: true)
        let middle = try TestCertificate(["middle"], issuer: root, isAuthority: true)
        let leaf = try TestCertificate(["x"], issuer: middle)

        #expect(try leaf.loaded(middle, root).chain.count == 2)
        #expect(throws: TLSFailure.self) { try leaf.loaded(root, middle) }
        let message = "the key belongs to a later certificate: the server's own must come first"
        #expect {
            _ = try TLSCertificate(certificate: middle.certificate + leaf.certificate, key: leaf.key)
        } throws: { "\($0)" == message }
    }

    @Test func `a key of another certificate, a locked one and no key are the key's fault`() throws {
        let one = try TestCertificate(["x"])
        let other = try TestCertificate(["x"])
        let locked = temporaryPath("locked")
        try TestCertificate.openssl([
            "ec", "-in", one.files.key, "-aes128", "-passout", "pass:x", "-out", locked,
        ])
        for key in [other.key, Array("no key".utf8), [], try Self.read(locked)] {
            #expect {
                _ = try TLSCertificate(certificate: one.certificate, key: key)
            } throws: { ($0 as? TLSFailure)?.concernsKey == true }
        }
        #expect {
            _ = try TLSCertificate(certificate: Array("none".utf8), key: one.key)
        } throws: { ($0 as? TLSFailure)?.concernsKey == false }
    }

    private static func read(_ path: String) throws -> [UInt8] {
        try #require(try? Array(String(contentsOfFile: path, encoding: .utf8).utf8))
    }

    @Test(arguments: 0..<200)
    func `broken texts never trap`(seed: Int) throws {
        var random = SeededRandom(seed)
        let one = try #require(Self.sample)
        var certificate = one.certificate
        var key = one.key
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            certificate[Int.random(in: certificate.indices, using: &random)] = random.bytes(1)[0]
            key[Int.random(in: key.indices, using: &random)] = random.bytes(1)[0]
        }
        _ = try? TLSCertificate(certificate: certificate, key: one.key).check()
        _ = try? TLSCertificate(certificate: one.certificate, key: key)
        _ = try? TLSCertificate(
            certificate: Array(certificate.prefix(Int.random(in: 0...certificate.count, using: &random))),
            key: one.key)
    }

    private static let sample = try? TestCertificate(["x"])

    // MARK: Tickets

    @Test func `a secret survives its encoding`() throws {
        let secret = try TicketSecret(now: 1_800_000_000_000)
        #expect(TicketSecret(encoded: secret.encoded[...]) == secret)
        #expect(TicketSecret(encoded: secret.encoded.dropLast()) == nil)
        #expect(secret.encoded.count == TicketSecret.encodedCount)
    }

    @Test func `workers that start at different times agree on the keys`() throws {
        let now: Int64 = 1_800_000_000_000
        let period = TicketSecret.period
        var master = try TicketSecret(now: now)
        let early = TicketKeys(master)
        let first = early.names(now: now)

        master.advance(to: now + period)
        let late = TicketKeys(master)

        let second = early.names(now: now + period)
        #expect(late.names(now: now + period) == second)
        // What sealed before still opens, and no longer than that.
        #expect(second[1] == first[0])
        #expect(!early.names(now: now + 2 * period).contains(first[0]))
        #expect(late.names(now: now + 5 * period) == early.names(now: now + 5 * period))
    }

    @Test func `a clock that is set back, or far ahead, is no trouble`() throws {
        let now: Int64 = 1_800_000_000_000
        var secret = try TicketSecret(now: now)
        let before = secret
        secret.advance(to: now - 10 * TicketSecret.period)
        #expect(secret == before)
        secret.advance(to: .max)
        #expect(secret.epoch == Int64.max / TicketSecret.period - 1)
    }
}
