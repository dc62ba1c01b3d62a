import Testing

@testable import Sessions

@Suite("SessionHash")
struct SessionHashTests {
    @Test func `differs from one that differs in any place`() throws {
        let text = [UInt8](repeating: UInt8(ascii: "A"), count: 43)
        let hash = try #require(SessionHash(text: text))

        for place in text.indices {
            var other = text
            // "Q" is canonical at the last place too, where only two bits count.
            other[place] = UInt8(ascii: "Q")
            let otherHash = try #require(SessionHash(text: other))
            #expect(otherHash != hash)
            #expect(otherHash.array == other)
        }
        #expect(SessionHash(text: text) == hash)
        #expect(Set([hash, hash]).count == 1)
    }

    @Test(arguments: [1, 2, 3, 4, 7, 16])
    func `hashes are spread evenly over places, each always to the same`(count: Int) {
        var places = [Int](repeating: 0, count: count)
        for number in 0..<8_000 {
            let hash = withUnsafeBytes(of: number) { SessionHash(of: $0) }
            places[hash.spreadIndex(count)] += 1
            #expect(hash.spreadIndex(count) == hash.spreadIndex(count))
        }
        let share = 8_000 / count
        #expect(places.allSatisfy { abs($0 - share) < share / 4 })
    }

    @Test func `refuses what is no hash`() {
        #expect(SessionHash(text: []) == nil)
        #expect(SessionHash(text: [UInt8](repeating: 0x41, count: 42)) == nil)
        #expect(SessionHash(text: [UInt8](repeating: 0x41, count: 44)) == nil)
        #expect(SessionHash(text: [UInt8](repeating: 0x41, count: 42) + [0x42]) == nil)
        #expect(SessionHash(text: [UInt8](repeating: 0x41, count: 42) + [0x3a]) == nil)
    }

    @Test func `prints its start only`() throws {
        let hash = try #require(SessionHash(text: [UInt8](repeating: 0x41, count: 43)))

        #expect("\(hash)" == "AAAAAAAA")
    }
}
