import Glibc
import Testing

@testable import Operations

@Suite struct SharedCountersTests {
    static func host(_ bytes: UInt8...) -> InlineArray<16, UInt8> {
        var host = InlineArray<16, UInt8>(repeating: 0)
        if bytes.count == 4 {
            host[10] = 0xff
            host[11] = 0xff
        }
        for (index, byte) in bytes.enumerated() { host[(bytes.count == 4 ? 12 : 0) + index] = byte }
        return host
    }

    @Test func `a gauge bounds all workers together`() throws {
        let shared = try SharedCounters()
        let one = shared.counters(slot: try #require(shared.claimSlot()))
        let two = shared.counters(slot: try #require(shared.claimSlot()))

        #expect(one.acquire(.connections, limit: 3))
        #expect(two.acquire(.connections, limit: 3))
        #expect(two.acquire(.connections, limit: 3))
        #expect(!one.acquire(.connections, limit: 3))
        #expect(shared.value(.connections) == 3)
        #expect(two.ownValue(.connections) == 2)
        #expect(shared.value(.websockets) == 0)
        two.release(.connections)
        #expect(one.acquire(.connections, limit: 3))
    }

    @Test func `counters go on in another program that maps them alike`() throws {
        let before = try SharedCounters()
        let gone = try #require(before.claimSlot())
        let slot = try #require(before.claimSlot())
        before.counters(slot: gone).tally.count(.requests, 5)
        before.retire(slot: gone)
        let living = before.counters(slot: slot)
        living.tally.count(.requests, 2)
        #expect(living.acquire(.connections, limit: 9))
        let copy = dup(before.descriptor)

        let after = try SharedCounters(descriptor: copy, slots: [slot], retired: before.retiredTotals)
        living.tally.count(.requests)

        #expect(after.total(.requests) == 8)
        #expect(after.value(.connections) == 1)
        #expect(after.claimSlot() == gone)
        after.retire(slot: slot)
        #expect(after.total(.requests) == 8)
        #expect(after.value(.connections) == 0)
    }

    @Test func `a map of another kind takes the totals over and nothing else`() throws {
        let before = try SharedCounters()
        let slot = try #require(before.claimSlot())
        before.counters(slot: slot).tally.count(.logins, 3)
        #expect(before.counters(slot: slot).acquire(.connections, limit: 9))

        let after = try SharedCounters(totals: before.totals.merging(["noSuchCounter": 1]) { one, _ in one })

        #expect(after.total(.logins) == 3)
        #expect(after.value(.connections) == 0)
        #expect(after.claimSlot() == 0)
    }

    @Test func `what a dead worker held comes free, and what it counted stays`() throws {
        let shared = try SharedCounters()
        let slot = try #require(shared.claimSlot())
        let dead = shared.counters(slot: slot)
        let living = shared.counters(slot: try #require(shared.claimSlot()))
        let client = Self.host(192, 0, 2, 1)
        for _ in 0..<5 {
            #expect(dead.acquire(.connections, limit: 100))
            #expect(dead.acquireConnection(from: client, limit: 6))
        }
        #expect(living.acquire(.connections, limit: 100))
        #expect(living.acquireConnection(from: client, limit: 6))
        #expect(!living.acquireConnection(from: client, limit: 6))
        dead.tally.count(.requests, 7)
        living.tally.count(.requests)

        shared.retire(slot: slot)

        #expect(shared.value(.connections) == 1)
        for _ in 0..<5 { #expect(living.acquireConnection(from: client, limit: 6)) }
        #expect(!living.acquireConnection(from: client, limit: 6))
        #expect(shared.total(.requests) == 8)
        #expect(shared.claimSlot() == slot)
        #expect(shared.total(.requests) == 8)
        #expect(shared.counters(slot: slot).ownValue(.connections) == 0)
    }

    @Test func `a tally adds to its own worker's counters alone`() throws {
        let shared = try SharedCounters()
        let slots = [try #require(shared.claimSlot()), try #require(shared.claimSlot())]
        let workers = slots.map { shared.counters(slot: $0) }

        for counter in Counter.allCases { workers[0].tally.count(counter, UInt64(counter.rawValue) + 1) }
        workers[1].tally.count(.requests)
        shared.retire(slot: slots[0])

        for counter in Counter.allCases {
            let other: UInt64 = counter == .requests ? 1 : 0
            #expect(shared.total(counter) == UInt64(counter.rawValue) + 1 + other)
        }
    }

    @Test func `connections are counted for each address alone`() throws {
        let counters = try WorkerCounters.standalone()

        // Few enough that two of them do not meet in the table by chance.
        for last in UInt8(0)..<16 {
            let host = Self.host(198, 51, 100, last)
            #expect(counters.acquireConnection(from: host, limit: 2))
            #expect(counters.acquireConnection(from: host, limit: 2))
            #expect(!counters.acquireConnection(from: host, limit: 2))
        }
        counters.releaseConnection(from: Self.host(198, 51, 100, 9))
        #expect(counters.acquireConnection(from: Self.host(198, 51, 100, 9), limit: 2))
        #expect(!counters.acquireConnection(from: Self.host(198, 51, 100, 9), limit: 2))
    }

    @Test func `an IPv6 client is its network of 64 bits`() throws {
        let counters = try WorkerCounters.standalone()
        var one = Self.host(0x20, 1, 0x0d, 0xb8, 0, 0, 0, 1, 0, 1)
        let other = Self.host(0x20, 1, 0x0d, 0xb8, 0, 0, 0, 2, 0, 1)

        #expect(counters.acquireConnection(from: one, limit: 1))
        one[15] = 77
        #expect(!counters.acquireConnection(from: one, limit: 1))
        #expect(counters.acquireConnection(from: other, limit: 1))
    }

    @Test func `a random schedule never passes the limit and comes back to zero`() throws {
        let shared = try SharedCounters()
        var random = SystemRandomNumberGenerator()
        var workers: [(slot: Int, counters: WorkerCounters, held: Int)] = []
        for _ in 0..<4 {
            let slot = try #require(shared.claimSlot())
            workers.append((slot, shared.counters(slot: slot), 0))
        }

        for _ in 0..<20_000 {
            let index = Int.random(in: 0..<4, using: &random)
            switch Int.random(in: 0..<100, using: &random) {
            case 0:
                shared.retire(slot: workers[index].slot)
                let slot = try #require(shared.claimSlot())
                workers[index] = (slot, shared.counters(slot: slot), 0)
            case 1..<60:
                let held = workers.reduce(0) { $0 + $1.held }
                let isTaken = workers[index].counters.acquire(.websockets, limit: 50)
                #expect(isTaken == (held < 50))
                if isTaken { workers[index].held += 1 }
            default:
                guard workers[index].held > 0 else { continue }
                workers[index].counters.release(.websockets)
                workers[index].held -= 1
            }
        }
        for worker in workers { shared.retire(slot: worker.slot) }

        #expect(shared.value(.websockets) == 0)
    }
}
