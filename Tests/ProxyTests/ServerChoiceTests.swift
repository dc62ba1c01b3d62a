import RandomTestSupport
import Testing

@testable import Proxy

/// A server as the choice sees one.
private final class Candidate: ChoosableServer {
    let weight: Int
    var activeCount = 0
    var credit = 0
    let seed: UInt64
    var isUsable = true
    var chosen = 0

    init(_ name: String, weight: Int = 1) {
        self.weight = weight
        seed = Array(name.utf8).withUnsafeBytes { ServerChoice.key($0) }
    }

    static func all(_ weights: [Int]) -> ContiguousArray<Candidate> {
        ContiguousArray(weights.enumerated().map { Candidate("10.0.0.\($0):80", weight: $1) })
    }
}

private func key(_ text: String) -> UInt64 { Array(text.utf8).withUnsafeBytes { ServerChoice.key($0) } }

@Suite struct ServerChoiceTests {
    @Test(arguments: [[1, 1, 1], [1, 2, 3], [5, 1, 1], [1000, 1], [1], [7, 7]])
    func `turns are shared exactly by weight, and evenly spread`(_ weights: [Int]) throws {
        let servers = Candidate.all(weights)
        let total = weights.reduce(0, +)
        for round in 1...total * 2 {
            let next = try #require(ServerChoice.inTurn(servers) { _ in true })
            next.chosen += 1
            for (server, weight) in zip(servers, weights) {
                let due = Double(round * weight) / Double(total)
                #expect(abs(Double(server.chosen) - due) < 2, "round \(round)")
            }
        }
        #expect(servers.map(\.chosen) == weights.map { $0 * 2 })
    }

    @Test func `turns pass over those that are out, who get no more than their share when they return`()
        throws
    {
        let servers = Candidate.all([1, 1, 1])
        servers[1].isUsable = false
        for _ in 0..<100 { try #require(ServerChoice.inTurn(servers, \.isUsable)).chosen += 1 }
        #expect(servers.map(\.chosen) == [50, 0, 50])
        servers[1].isUsable = true
        for _ in 0..<9 { try #require(ServerChoice.inTurn(servers, \.isUsable)).chosen += 1 }
        #expect(servers[1].chosen == 3)
    }

    @Test(arguments: 0..<20)
    func `the least busy is chosen for its weight, whatever the schedule`(_ seed: Int) throws {
        var random = SeededRandom(seed)
        let servers = Candidate.all(
            (0..<Int.random(in: 1...6, using: &random)).map { _ in
                Int.random(in: 1...5, using: &random)
            })
        for _ in 0..<2_000 {
            if Bool.random(using: &random),
                let busy = servers.filter({ $0.activeCount > 0 }).randomElement(using: &random)
            {
                busy.activeCount -= 1
                continue
            }
            let chosen = try #require(ServerChoice.leastBusy(servers) { _ in true })
            let load = { (server: Candidate) in Double(server.activeCount) / Double(server.weight) }
            #expect(servers.allSatisfy { load($0) >= load(chosen) })
            chosen.activeCount += 1
            chosen.chosen += 1
        }
    }

    @Test func `those that are equally busy take turns`() throws {
        let servers = Candidate.all([2, 1])
        for _ in 0..<300 { try #require(ServerChoice.leastBusy(servers) { _ in true }).chosen += 1 }
        #expect(servers.map(\.chosen) == [200, 100])
    }

    @Test(arguments: [[1, 1, 1], [1, 2, 4], [10, 1]])
    func `keys are shared by weight`(_ weights: [Int]) throws {
        let servers = Candidate.all(weights)
        let count = 20_000
        for index in 0..<count {
            try #require(ServerChoice.byKey(key("u_\(index)"), servers) { _ in true }).chosen += 1
        }
        for (server, weight) in zip(servers, weights) {
            let due = Double(count * weight) / Double(weights.reduce(0, +))
            #expect(abs(Double(server.chosen) - due) < due * 0.08)
        }
    }

    @Test func `when a server leaves only its keys move, and they move back`() throws {
        let servers = Candidate.all([1, 2, 1, 3])
        let keys = (0..<5_000).map { key("u_\($0)") }
        let before = keys.compactMap { ServerChoice.byKey($0, servers) { _ in true } }
        servers[1].isUsable = false
        for (key, former) in zip(keys, before) {
            let now = try #require(ServerChoice.byKey(key, servers, \.isUsable))
            #expect(former === servers[1] ? now !== former : now === former)
        }
        servers[1].isUsable = true
        let after = keys.compactMap { ServerChoice.byKey($0, servers, \.isUsable) }
        #expect(zip(before, after).allSatisfy { $0 === $1 })
    }

    @Test func `keys do not depend on the order of the servers`() {
        let servers = Candidate.all([1, 2, 3])
        for index in 0..<500 {
            let one = ServerChoice.byKey(key("\(index)"), servers) { _ in true }
            let other = ServerChoice.byKey(key("\(index)"), ContiguousArray(servers.reversed())) { _ in true }
            #expect(one === other)
        }
    }

    @Test func `nobody is chosen where nobody may`() {
        let servers = Candidate.all([1, 2])
        #expect(ServerChoice.inTurn(servers) { _ in false } == nil)
        #expect(ServerChoice.leastBusy(servers) { _ in false } == nil)
        #expect(ServerChoice.byKey(1, servers) { _ in false } == nil)
    }

    // MARK: Budget

    @Test func `retries are a fifth of the requests in the long run`() {
        var budget = RetryBudget(now: 0)
        while budget.take(0) {}
        var granted = 0
        for _ in 0..<10_000 {
            budget.deposit()
            if budget.take(0) { granted += 1 }
        }
        #expect(granted == 2_000)
    }

    @Test func `a quiet upstream has ten retries a second, and some in store`() {
        var budget = RetryBudget(now: 0)
        var granted = 0
        while budget.take(0) { granted += 1 }
        #expect(granted == 256)
        #expect(budget.take(99) == false)
        #expect(budget.take(200) == true)
        granted = 0
        for moment in stride(from: Int64(200), through: 10_200, by: 10) where budget.take(moment) {
            granted += 1
        }
        #expect((95...105).contains(granted))
        granted = 0
        while budget.take(1 << 60) { granted += 1 }
        #expect(granted == 256)
    }
}
