import RandomTestSupport
import Testing

@testable import Proxy
@testable import Sessions

@Suite("BearerToken")
struct BearerTokenTests {
    private static let ticket =
        "abcdef." + String(repeating: "A", count: 43) + "." + String(repeating: "b", count: 43)

    private func found(_ value: [UInt8]) -> [UInt8]? {
        value.withUnsafeBytes { bytes in BearerToken.ticket(in: bytes).map { Array($0) } }
    }

    @Test(arguments: ["Bearer ", "bearer ", "BEARER ", "bEaReR   "])
    func `a ticket is found whatever the scheme's case`(prefix: String) {
        #expect(found(Array((prefix + Self.ticket).utf8)) == Array(Self.ticket.utf8))
    }

    @Test(arguments: [
        "", "Bearer", "Bearer ", Self.ticket, "Bearer\t\(Self.ticket)", "Bearer\(Self.ticket)",
        "Basic \(Self.ticket)", "Bearer \(Self.ticket) ", "Bearer \(Self.ticket)A", "Bearer A\(Self.ticket)",
        "Bearer \(Self.ticket.dropLast())", "Bearer \(Self.ticket),", "Bearer \"\(Self.ticket)\"",
        "Bearer \(Self.ticket) \(Self.ticket)", "Bearer eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl",
        "[earer \(Self.ticket)", "Be\u{1}rer \(Self.ticket)", "\u{2}earer \(Self.ticket)",
        "Bearer " + Self.ticket.replacing(".", with: "_"), " Bearer \(Self.ticket)",
    ])
    func `anything else is the application's`(value: String) {
        #expect(found(Array(value.utf8)) == nil)
    }

    @Test func `no bytes at all lead anywhere but to a ticket's form`() {
        var random = SeededRandom(11)
        let good = Array("Bearer \(Self.ticket)".utf8)
        for _ in 0..<20_000 {
            var value = good
            for _ in 0..<Int.random(in: 0...3, using: &random) where !value.isEmpty {
                switch Int.random(in: 0..<3, using: &random) {
                case 0:
                    value[Int.random(in: value.indices, using: &random)] = UInt8.random(
                        in: 0...255, using: &random)
                case 1: value.remove(at: Int.random(in: value.indices, using: &random))
                default:
                    let place = Int.random(in: 0...value.count, using: &random)
                    value.insert(UInt8.random(in: 0...255, using: &random), at: place)
                }
            }
            guard let ticket = found(value) else { continue }
            #expect(ticket.withUnsafeBytes { Ticket.hasForm($0) })
        }
    }
}
