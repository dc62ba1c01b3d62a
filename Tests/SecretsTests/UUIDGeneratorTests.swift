import Testing

@testable import Secrets

@Suite("UUIDGenerator")
struct UUIDGeneratorTests {
    @Test func `writes the fields where RFC 9562 has them`() throws {
        let generator = UUIDGenerator { buffer throws(RandomFailure) in
            for index in buffer.indices { buffer[index] = 0xff }
        }

        // The time of the example in RFC 9562, appendix A.6.
        let text = try generator.make(milliseconds: 0x017F_22E2_79B0)

        #expect(String(decoding: text, as: UTF8.self) == "017f22e2-79b0-7fff-bfff-ffffffffffff")
    }

    @Test func `never repeats, also beyond its pool, and sorts by time`() throws {
        let generator = UUIDGenerator()

        let ids = try (0..<2000).map { try generator.make(milliseconds: 1_700_000_000_000 + Int64($0)) }
        let texts = ids.map { String(decoding: $0, as: UTF8.self) }

        #expect(Set(texts.map { $0.suffix(17) }).count == 2000)
        #expect(texts == texts.sorted())
        for text in texts {
            let bytes = [UInt8](text.utf8)
            #expect(bytes.count == 36 && bytes[14] == UInt8(ascii: "7"))
            #expect("89ab".utf8.contains(bytes[19]))
            #expect(text.split(separator: "-").map(\.count) == [8, 4, 4, 4, 12])
        }
    }

    @Test(arguments: [Int64.min, -1, 0, 1 << 48, Int64.max])
    func `takes any time without trapping`(milliseconds: Int64) throws {
        let text = try UUIDGenerator().make(milliseconds: milliseconds)

        let head = String(decoding: text.prefix(13), as: UTF8.self)
        #expect(head == (milliseconds <= 0 ? "00000000-0000" : "ffffffff-ffff"))
    }

    @Test func `fails without randomness and recovers with it`() throws {
        nonisolated(unsafe) var works = false
        let generator = UUIDGenerator { buffer throws(RandomFailure) in
            guard works else { throw RandomFailure() }
            try RandomBytes.fill(buffer)
        }

        #expect(throws: RandomFailure()) { try generator.make(milliseconds: 1) }
        works = true
        #expect(try generator.make(milliseconds: 1).count == 36)
    }

    @Test func `writes nothing to a place that is too small`() throws {
        var place = [UInt8](repeating: 0, count: 35)
        let generator = UUIDGenerator()

        let isWritten = try place.withUnsafeMutableBytes { try generator.write(milliseconds: 1, into: $0) }

        #expect(!isWritten)
        #expect(place.allSatisfy { $0 == 0 })
    }
}
