import Foundation
import RandomTestSupport
import Testing

@testable import Supervisor

@Suite struct HandoverTests {
    static let full: Handover = {
        var handover = Handover(
            version: "1.2.3", state: "/var/lib/gate house/%", lock: 5, image: 6, startedAt: 123, serving: 3,
            latestGeneration: 4, nextID: 17,
            counters: Handover.Counters(
                descriptor: 7, layout: "1.2.3", retired: ["requests": .max, "logins": 0],
                totals: ["requests": 1, "logins": 2]))
        handover.admin = ["/run/a=b&c\n.sock": 8, "/é": 9]
        handover.inherited = [3, 4]
        handover.configurations = [
            Handover.Configuration(
                number: 2, snapshot: 10, workers: 1, fingerprint: "ab", loadedAt: -1, version: ""),
            Handover.Configuration(
                number: 3, snapshot: 11, listeners: [12, 13], workers: 2, fingerprint: "cd", loadedAt: 99,
                version: "1.2.3", metrics: 17, metricLayout: "5-ab"),
        ]
        handover.metrics = [
            Handover.Series(metric: "a_total", labels: ["/a b%\"", "é"], cells: [.max]),
            Handover.Series(metric: "b", labels: [], cells: [1, 0, 3]),
        ]
        handover.workers = [
            Handover.Worker(
                id: 1, generation: 2, index: 0, pid: 100, slot: 0, startedAt: 1, phase: .draining,
                killAt: .max, channel: -1),
            Handover.Worker(
                id: 16, generation: 3, index: 1, pid: 101, slot: 1_023, startedAt: 2, phase: .ready,
                killAt: 3, channel: 14),
        ]
        handover.redis = Handover.Redis(
            program: "/usr/bin/redis-server", pid: 102, isServing: true, isStopping: false, startedAt: 7)
        handover.clients = [Handover.Client(descriptor: 15, wantsText: true)]
        handover.visitors = [16]
        handover.orphans = [5]
        handover.outcome = Handover.Outcome(status: 1, message: "no: 100 %\n", report: "a\nb\n")
        return handover
    }()

    @Test func `what was written is what is read`() throws {
        let read = try Handover(Self.full.encoded)

        #expect(read == Self.full)
    }

    @Test func `what is not there is not read`() throws {
        var small = Self.full
        small.admin = [:]
        small.inherited = []
        small.configurations = []
        small.workers = []
        small.redis = nil
        small.clients = []
        small.visitors = []
        small.orphans = []
        small.outcome = nil

        let read = try Handover(small.encoded)

        #expect(read == small)
    }

    @Test func `every descriptor but those that are closed stays open`() {
        #expect(Self.full.descriptors == Array(3...17))
    }

    @Test(arguments: [
        ("format 2\n", "format 1\n", "in format 1, this version takes format 2"),
        ("gatehouse handover", "gatehouse", "is no handover"), ("pid=101", "pid=102", "damaged"),
        ("end ", "and ", "damaged"), ("worker id=16", "worker id=x6", "damaged"),
    ])
    func `another format and damage are refused`(part: String, other: String, reason: String) {
        let text = String(decoding: Self.full.encoded, as: UTF8.self).replacing(part, with: other)

        let failure = #expect(throws: HandoverFailure.self) { try Handover(Array(text.utf8)) }

        #expect(failure?.reason.contains(reason) == true)
    }

    @Test func `no part of a handover, and no change of a byte, is taken for one`() {
        var random = SeededRandom(7)
        let bytes = Self.full.encoded

        for count in stride(from: 0, to: bytes.count - 1, by: 7) {
            #expect(throws: HandoverFailure.self) { try Handover(Array(bytes.prefix(count))) }
        }
        for _ in 0..<300 {
            var changed = bytes
            changed[random.below(bytes.count - 1)] ^= UInt8(1 + random.below(255))
            #expect(throws: HandoverFailure.self) { try Handover(changed) }
        }
    }

    @Test func `values that nobody knows yet are passed over`() throws {
        var text = String(decoding: Self.full.encoded, as: UTF8.self)
        text = text.replacing("master version", with: "future a=b\nmaster later=1&version")
        let body = text[..<text.range(of: "end ")!.lowerBound]

        let read = try Handover(
            Array(body.utf8) + Array("end \(Generation.fingerprint(of: Array(body.utf8)))\n".utf8))

        #expect(read == Self.full)
    }

    @Test func `only the right answer to the very handover names a version`() {
        let bytes = Self.full.encoded
        let answer = HandoverCheck.answer(to: bytes, version: "9.9")

        #expect(HandoverCheck.version(in: answer, of: bytes) == "9.9")
        #expect(HandoverCheck.version(in: answer, of: bytes + [0]) == nil)
        #expect(HandoverCheck.version(in: "handover-check\n", of: bytes) == nil)
        #expect(HandoverCheck.version(in: "", of: bytes) == nil)
    }

    @Test func `a fleet goes on with those who live and fills the empty places`() {
        var members: [Fleet.Member] = []
        for (id, index) in [(4, 0), (6, 2)] {
            var member = Fleet.Member(id: id, generation: 3, index: index, startedAt: 10)
            member.phase = .ready
            members.append(member)
        }
        var old = Fleet.Member(id: 1, generation: 2, index: 1, startedAt: 0)
        old.phase = .draining
        var fleet = Fleet(serving: 3, workers: 3, members: [old] + members, nextID: 7, now: 100)

        let deadline = fleet.nextDeadline
        fleet.onTime(now: 100)
        let commands = fleet.takeCommands()
        fleet.onExited(1, reason: "done", now: 101)
        let ended = fleet.takeCommands()
        fleet.begin(generation: 4, workers: 1, now: 102)
        fleet.onReady(8, now: 103)

        #expect(deadline == 100)
        #expect(commands == [.spawn(id: 7, generation: 3, index: 1)])
        #expect(ended == [.ended(generation: 2)])
        #expect(fleet.serving == 4)
    }
}
