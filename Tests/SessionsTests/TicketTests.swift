import RandomTestSupport
import Secrets
import Testing

@testable import Sessions

@Suite("Ticket")
struct TicketTests {
    let ring: KeyRing
    let issuer: TicketIssuer
    let verifier: TicketVerifier

    init() throws {
        ring = try KeyRing([key(1), key(2)])
        issuer = TicketIssuer(keyRing: ring, realm: [UInt8]("shop".utf8))
        verifier = TicketVerifier(keyRing: ring, realm: [UInt8]("shop".utf8))
    }

    @Test func `one that was issued is good and names its session`() throws {
        for _ in 0..<50 {
            let ticket = try issuer.issue()

            #expect(ticket.text.count == Ticket.count)
            #expect(ticket.text.count <= 128)
            #expect(ticket.text.withUnsafeBytes { Ticket.hasForm($0) })
            #expect(verified(ticket.text) == ticket.hash)
            let id = try #require(Base64URL.decode([UInt8](ticket.text[Ticket.idRange])))
            #expect(ticket.hash.array == Base64URL.encode(SHA256.hash(id).array))
        }
    }

    @Test func `no two have the same session`() throws {
        let tickets = try (0..<2000).map { _ in try issuer.issue() }

        #expect(Set(tickets.map(\.hash)).count == 2000)
        #expect(Set(tickets.map(\.text)).count == 2000)
    }

    @Test func `every flipped bit makes it bad`() throws {
        let ticket = try issuer.issue().text

        for place in ticket.indices {
            for bit in 0..<8 {
                var other = ticket
                other[place] ^= 1 << bit
                #expect(verified(other) == nil, "bit \(bit) of byte \(place)")
            }
        }
    }

    @Test func `every other byte at the last place of a part makes it bad`() throws {
        let ticket = try issuer.issue().text

        for place in [5, 6, 49, 50, 93] {
            for byte in UInt8.min...UInt8.max where byte != ticket[place] {
                var other = ticket
                other[place] = byte
                #expect(verified(other) == nil, "byte \(byte) at \(place)")
            }
        }
    }

    @Test func `cut, grown, padded or re-spelled ones are bad`() throws {
        let ticket = try issuer.issue().text
        let text = String(decoding: ticket, as: UTF8.self)
        let parts = text.split(separator: ".").map(String.init)
        let others = [
            "", ".", "..", "s:" + text, text + "=", text + ".", "." + text, text + " ", " " + text,
            text + "\0",
            "\"" + text + "\"", text.uppercased(), text.lowercased(), parts[0] + "." + parts[1],
            parts[0] + "." + parts[1] + ".", parts[1] + "." + parts[2],
            parts.reversed().joined(separator: "."),
            text.replacing(".", with: "%2E"), text + text, parts[0] + "." + parts[2] + "." + parts[1],
            String(text.dropLast()), String(text.dropFirst()),
        ]

        for other in others where other != text { #expect(verified([UInt8](other.utf8)) == nil, "\(other)") }
        for count in ticket.indices { #expect(verified([UInt8](ticket[..<count])) == nil) }
    }

    @Test func `codes cannot be swapped between two`() throws {
        let (first, second) = (try issuer.issue().text, try issuer.issue().text)

        let swapped = first[..<Ticket.codeRange.lowerBound] + second[Ticket.codeRange]

        #expect(verified([UInt8](swapped)) == nil)
    }

    @Test func `one of another realm, key or purpose is bad`() throws {
        let otherRealm = TicketIssuer(keyRing: ring, realm: [UInt8]("shop2".utf8))
        let otherKey = TicketIssuer(keyRing: try KeyRing([key(3)]), realm: [UInt8]("shop".utf8))
        let id = try RandomBytes.make(count: 32)
        let bareCode = ring.signer.authenticator.code(for: id).array
        let otherPurpose =
            ring.signer.id + [0x2e] + Base64URL.encode(id) + [0x2e] + Base64URL.encode(bareCode)

        #expect(verified(try otherRealm.issue().text) == nil)
        #expect(verified(try otherKey.issue().text) == nil)
        #expect(verified(otherPurpose) == nil)
    }

    @Test func `a realm's name cannot flow into the key's`() throws {
        let signer = ring.signer
        let long = [UInt8]("shop".utf8) + signer.id

        let code = Ticket.authenticator(signer, realm: long).code(for: key(9))

        #expect(Ticket.authenticator(signer, realm: [UInt8]("shop".utf8)).code(for: key(9)) != code)
    }

    @Test func `keys can be changed without ending sessions`() throws {
        let realm = [UInt8]("shop".utf8)
        let old = try TicketIssuer(keyRing: try KeyRing([key(1)]), realm: realm).issue().text
        let both = TicketVerifier(keyRing: try KeyRing([key(2), key(1)]), realm: realm)
        let new = try TicketIssuer(keyRing: try KeyRing([key(2), key(1)]), realm: realm).issue().text
        let later = TicketVerifier(keyRing: try KeyRing([key(2)]), realm: realm)

        #expect(verified(old, by: both) != nil)
        #expect(verified(new, by: both) != nil)
        #expect(verified(old, by: later) == nil)
        #expect(verified(new, by: later) != nil)
    }

    @Test func `without randomness there is no ticket`() {
        let issuer = TicketIssuer(keyRing: ring, realm: [1]) { _ throws(RandomFailure) in
            throw RandomFailure()
        }

        #expect(throws: RandomFailure()) { try issuer.issue() }
    }

    @Test func `random bytes of its length are never good, whatever they are`() {
        var random = SeededRandom(42)
        for _ in 0..<2000 {
            var text = (0..<Ticket.count).map { _ in UInt8.random(in: 0...255, using: &random) }
            text.replaceSubrange(Ticket.keyRange, with: ring.signer.id)
            text[6] = 0x2e
            text[50] = 0x2e
            #expect(verified(text) == nil)
        }
    }

    private func verified(_ text: [UInt8], by other: TicketVerifier? = nil) -> SessionHash? {
        var hash = SessionHash()
        let isGood = text.withUnsafeBytes { (other ?? verifier).verify($0, into: &hash) }
        #expect(isGood || hash == SessionHash(), "a bad ticket leaves nothing behind")
        return isGood ? hash : nil
    }
}

func key(_ byte: UInt8) -> [UInt8] { [UInt8](repeating: byte, count: 32) }
