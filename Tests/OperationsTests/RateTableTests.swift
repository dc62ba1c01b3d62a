import RandomTestSupport
import Synchronization
import Testing

@testable import Operations

@Suite("RateTable")
struct RateTableTests {
    private let counters: WorkerCounters

    init() throws { counters = try WorkerCounters.standalone() }

    private func take(
        _ subject: String = "anna", now: Int64, limit: UInt64 = 1, count: Int = 10, window: Int = 1_000,
        burst: Int = 10
    ) -> RateVerdict {
        counters.takeToken(
            limit, of: Array(subject.utf8), now: now, count: count, window: window, burst: burst)
    }

    private func goes(_ verdict: RateVerdict) -> Bool { if case .go = verdict { true } else { false } }

    @Test func `a full bucket gives its burst, then one token an interval`() {
        for left in (0..<10).reversed() { #expect(take(now: 5_000) == .go(left: UInt64(left))) }

        #expect(take(now: 5_000) == .wait(microseconds: 100_000, full: 1_000_000))
        #expect(take(now: 5_099) == .wait(microseconds: 1_000, full: 901_000))
        #expect(take(now: 5_100) == .go(left: 0))
        #expect(!goes(take(now: 5_100)))
        #expect(take(now: 60_000) == .go(left: 9), "it is never more than full")
    }

    @Test func `being turned away costs nothing`() {
        for _ in 0..<10 { _ = take(now: 1_000) }
        for _ in 0..<100 { #expect(!goes(take(now: 1_050))) }

        #expect(goes(take(now: 1_100)))
    }

    @Test func `subjects and limits have buckets of their own`() {
        #expect(goes(take("anna", now: 1, limit: 1, burst: 1)))
        #expect(!goes(take("anna", now: 1, limit: 1, burst: 1)))

        #expect(goes(take("bob", now: 1, limit: 1, burst: 1)))
        #expect(goes(take("anna", now: 1, limit: 2, burst: 1)))
    }

    @Test func `loops whose clocks differ a little share a bucket all the same`() {
        for _ in 0..<10 { #expect(goes(take(now: 1_000))) }

        #expect(!goes(take(now: 990)))
        #expect(!goes(take(now: 1_010)))
    }

    @Test func `in the long run no more than the rate gets through`() {
        var random = SeededRandom(7)
        var now: Int64 = 10_000
        var passed = 0
        while now < 70_000 {
            now += Int64.random(in: 0...20, using: &random)
            if goes(take(now: now)) { passed += 1 }
        }

        #expect((590...611).contains(passed))
    }

    @Test func `many subjects at once are told apart`() {
        for index in 0..<20_000 { #expect(goes(take("user \(index)", now: 1_000, burst: 1))) }

        let lost = (0..<20_000).count { goes(take("user \($0)", now: 1_000, burst: 1)) }
        #expect(lost < 400, "places that were given away, for want of room in a group")
    }

    @Test func `more subjects than places only ever let more through`() {
        for index in 0..<200_000 { #expect(goes(take("flood \(index)", now: 1_000, burst: 2))) }
    }

    @Test func `threads that take at once get no more than there is`() async throws {
        let counters = self.counters
        let passed = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    (0..<2_000).count { _ in
                        let verdict = counters.takeToken(
                            9, of: Array("anna".utf8), now: 1_000, count: 1, window: 1_000, burst: 500)
                        return if case .go = verdict { true } else { false }
                    }
                }
            }
            return await group.reduce(0, +)
        }

        #expect(passed == 500)
    }

    @Test(arguments: [(0, 0), (15, 1), (64, 2)])
    func `the keyed hash is SipHash-1-3`(count: Int, index: Int) {
        // Made by another implementation, with the key 00 01 ... 0f over the bytes 00 01 02 ...
        let expected: [UInt64] = [0xabac_0158_050f_c4dc, 0xd320_d86d_2a51_9956, 0xf179_97ec_4b4a_6065]
        var hash = KeyedHash((0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908))
        for byte in 0..<count { hash.add(UInt8(byte)) }

        #expect(hash.finish() == expected[index])
    }
}
