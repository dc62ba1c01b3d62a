import Secrets
import Testing

@testable import Sessions

@Suite("TouchLedger")
struct TouchLedgerTests {
    @Test func `a session is due once in its time`() throws {
        var ledger = TouchLedger(limit: 10)
        let hash = try newHash()

        check(ledger.isDue(hash, now: 1_000, interval: 60))
        check(!ledger.isDue(hash, now: 1_059, interval: 60))
        check(ledger.isDue(hash, now: 1_060, interval: 60))
        check(!ledger.isDue(hash, now: 1_061, interval: 60))
        let other = try newHash()
        check(ledger.isDue(other, now: 1_061, interval: 60))
    }

    @Test func `one that was noted is not due`() throws {
        var ledger = TouchLedger(limit: 10)
        let hash = try newHash()

        ledger.note(hash, now: 100)

        check(!ledger.isDue(hash, now: 110, interval: 60))
    }

    @Test func `it never grows beyond twice its limit, and forgets what is unused first`() throws {
        var ledger = TouchLedger(limit: 100)
        let used = try newHash()
        check(ledger.isDue(used, now: 0, interval: 1_000_000))
        for step in 1...5_000 {
            check(ledger.isDue(try newHash(), now: Int64(step), interval: 1_000_000))
            if step % 50 == 0 { check(!ledger.isDue(used, now: Int64(step), interval: 1_000_000)) }
            #expect(ledger.count <= 200)
        }
    }

    private func check(_ isTrue: Bool) { #expect(isTrue) }

    private func newHash() throws -> SessionHash {
        try RandomBytes.make(count: 32).withUnsafeBytes { SessionHash(of: $0) }
    }
}
