import RandomTestSupport
import Testing

@testable import Supervisor

@Suite struct FleetTests {
    /// A fleet of `workers` that serves as generation 1, its members being 1 to `workers`.
    static func serving(_ workers: Int) -> Fleet {
        var fleet = Fleet()
        fleet.begin(generation: 1, workers: workers, now: 0)
        for id in 1...workers { fleet.onReady(id, now: 10) }
        _ = fleet.takeCommands()
        return fleet
    }

    @Test func `the first generation serves once all of its workers are ready`() {
        var fleet = Fleet()

        fleet.begin(generation: 1, workers: 2, now: 0)
        let spawned = fleet.takeCommands()
        fleet.onReady(1, now: 5)
        let early = fleet.takeCommands()
        fleet.onReady(2, now: 6)
        let late = fleet.takeCommands()

        #expect(spawned == [.spawn(id: 1, generation: 1, index: 0), .spawn(id: 2, generation: 1, index: 1)])
        #expect(early.isEmpty)
        #expect(late == [.switched(generation: 1)])
        #expect(fleet.readyCount == 2)
    }

    @Test func `a worker that dies is replaced at once, and then after longer and longer waits`() {
        var fleet = Self.serving(2)
        var delays: [Int64] = []
        var id = 2
        var now: Int64 = 100

        for _ in 0..<14 {
            fleet.onExited(id, reason: "crashed", now: now)
            for case .restarting(_, let delay, _) in fleet.takeCommands() { delays.append(delay) }
            now = fleet.nextDeadline
            fleet.onTime(now: now)
            for case .spawn(let new, _, _) in fleet.takeCommands() { id = new }
            fleet.onReady(id, now: now)
        }

        #expect(
            delays == [
                0, 100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000, 30_000, 30_000,
            ])
        #expect(fleet.readyCount == 2)
    }

    @Test func `a worker that had run well is replaced at once`() {
        var fleet = Self.serving(1)
        for now: Int64 in [20_000, 40_000, 60_000] {
            let id = fleet.members[0].id
            fleet.onExited(id, reason: "crashed", now: now)
            let commands = fleet.takeCommands()
            fleet.onTime(now: now)
            fleet.onReady(fleet.members[0].id, now: now)
            _ = fleet.takeCommands()
            #expect(commands == [.restarting(index: 0, delay: 0, endsInARow: 1)])
        }
    }

    @Test func `old workers drain when all new ones are ready, and not before`() {
        var fleet = Self.serving(2)

        fleet.begin(generation: 2, workers: 3, now: 100)
        fleet.onReady(3, now: 110)
        fleet.onReady(5, now: 120)
        let before = fleet.takeCommands().filter { if case .spawn = $0 { false } else { true } }
        fleet.onReady(4, now: 130)
        let after = fleet.takeCommands()
        fleet.onExited(1, reason: "exited", now: 200)
        fleet.onExited(2, reason: "exited", now: 300)

        #expect(before.isEmpty)
        #expect(after == [.switched(generation: 2), .drain(id: 1), .drain(id: 2)])
        #expect(fleet.takeCommands() == [.ended(generation: 1)])
        #expect(fleet.members.map(\.id) == [3, 4, 5])
    }

    @Test func `new workers that are not ready in ten seconds are killed, the old ones stay`() {
        var fleet = Self.serving(1)

        fleet.begin(generation: 2, workers: 2, now: 100)
        fleet.onReady(2, now: 110)
        _ = fleet.takeCommands()
        fleet.onTime(now: 10_099)
        let early = fleet.takeCommands()
        #expect(fleet.nextDeadline == 10_100)
        fleet.onTime(now: 10_100)
        let late = fleet.takeCommands()
        fleet.onExited(2, reason: "killed", now: 10_110)
        fleet.onExited(3, reason: "killed", now: 10_110)

        #expect(early.isEmpty)
        #expect(
            late == [
                .kill(id: 2, reason: "its generation was given up"),
                .kill(id: 3, reason: "its generation was given up"),
                .abandoned(generation: 2, reason: "1 of 2 workers were not ready in 10 s"),
            ])
        #expect(fleet.takeCommands() == [.ended(generation: 2)])
        #expect(fleet.serving == 1)
        #expect(fleet.readyCount == 1)
    }

    @Test func `a new worker that dies ends the attempt at once`() {
        var fleet = Self.serving(1)

        fleet.begin(generation: 2, workers: 2, now: 100)
        _ = fleet.takeCommands()
        fleet.onExited(2, reason: "exited with status 1", now: 120)

        #expect(
            fleet.takeCommands() == [
                .kill(id: 3, reason: "its generation was given up"),
                .abandoned(generation: 2, reason: "worker 0 exited with status 1"),
            ])
        #expect(!fleet.isChanging)
    }

    @Test func `a worker that crashes at the very start gets a successor, a few times`() {
        var fleet = Fleet()
        fleet.begin(generation: 1, workers: 1, now: 0)
        _ = fleet.takeCommands()

        for id in 1...Fleet.startRetries {
            fleet.onExited(id, reason: "crashed", now: 1)
            #expect(fleet.takeCommands() == [.spawn(id: id + 1, generation: 1, index: 0)])
        }
        fleet.onExited(Fleet.startRetries + 1, reason: "crashed", now: 1)

        #expect(
            fleet.takeCommands() == [
                .abandoned(generation: 1, reason: "worker 0 crashed"), .ended(generation: 1),
            ])
    }

    @Test func `a worker that says at the start that it cannot work ends it at once`() {
        var fleet = Fleet()
        fleet.begin(generation: 1, workers: 2, now: 0)
        _ = fleet.takeCommands()

        fleet.onExited(1, reason: "cannot open state/users.db", gaveUp: true, now: 1)

        #expect(
            fleet.takeCommands() == [
                .kill(id: 2, reason: "its generation was given up"),
                .abandoned(generation: 1, reason: "worker 0 cannot open state/users.db"),
            ])
    }

    @Test func `an old worker that dies while new ones come up is replaced`() {
        var fleet = Self.serving(1)
        fleet.begin(generation: 2, workers: 1, now: 100)
        _ = fleet.takeCommands()

        fleet.onExited(1, reason: "crashed", now: 110)
        fleet.onTime(now: 110)
        let commands = fleet.takeCommands()
        // Its replacement has not come up when the new generation takes over.
        fleet.onReady(2, now: 120)

        #expect(commands.contains(.spawn(id: 3, generation: 1, index: 0)))
        #expect(
            fleet.takeCommands() == [
                .switched(generation: 2), .kill(id: 3, reason: "is not needed any more"),
            ])
    }

    @Test func `a draining worker that dies is not replaced`() {
        var fleet = Self.serving(1)
        fleet.begin(generation: 2, workers: 1, now: 100)
        fleet.onReady(2, now: 110)
        _ = fleet.takeCommands()

        fleet.onExited(1, reason: "crashed", now: 120)
        fleet.onTime(now: 100_000)

        #expect(fleet.takeCommands() == [.ended(generation: 1)])
    }

    @Test func `of more than eight generations the oldest is cut, and killed if it does not go`() {
        var fleet = Self.serving(1)
        var commands: [FleetCommand] = []
        for generation in 2...9 {
            fleet.begin(generation: generation, workers: 1, now: Int64(generation) * 100)
            fleet.onReady(generation, now: Int64(generation) * 100)
            commands = fleet.takeCommands()
        }

        #expect(commands.contains(.terminate(id: 1, graceMilliseconds: 0)))
        #expect(!commands.contains(.terminate(id: 2, graceMilliseconds: 0)))
        fleet.onTime(now: 900 + Fleet.cutLimit)
        #expect(fleet.takeCommands() == [.kill(id: 1, reason: "did not end in time")])
    }

    @Test func `stopping asks every worker once, and is over when the last is gone`() {
        var fleet = Self.serving(2)

        fleet.stop(graceMilliseconds: 8_000, now: 1_000)
        fleet.stop(graceMilliseconds: 1, now: 1_001)
        let asked = fleet.takeCommands()
        fleet.onExited(1, reason: "exited", now: 1_100)
        fleet.onTime(now: 9_000)
        let quiet = fleet.takeCommands()
        fleet.onExited(2, reason: "exited", now: 9_001)

        #expect(
            asked == [
                .terminate(id: 1, graceMilliseconds: 8_000), .terminate(id: 2, graceMilliseconds: 8_000),
            ])
        #expect(quiet.isEmpty)
        #expect(fleet.takeCommands() == [.ended(generation: 1), .allGone])
        #expect(!fleet.hasKilled)
    }

    @Test func `a worker that outlives its grace is killed`() {
        var fleet = Self.serving(1)

        fleet.stop(graceMilliseconds: 500, now: 0)
        _ = fleet.takeCommands()
        fleet.onTime(now: 500 + Fleet.killMargin)

        #expect(fleet.takeCommands() == [.kill(id: 1, reason: "did not end in time")])
        #expect(fleet.hasKilled)
    }

    @Test func `stopping while a generation comes up gives it up`() {
        var fleet = Self.serving(1)
        fleet.begin(generation: 2, workers: 1, now: 10)
        _ = fleet.takeCommands()

        fleet.stop(graceMilliseconds: 100, now: 20)

        #expect(
            fleet.takeCommands() == [
                .kill(id: 2, reason: "its generation was given up"),
                .abandoned(generation: 2, reason: "the gateway is ending"),
                .terminate(id: 1, graceMilliseconds: 100),
            ])
    }

    @Test(arguments: 0..<200)
    func `whatever happens, every process is accounted for and stopping ends them all`(seed: Int) {
        var random = SeededRandom(seed)
        var fleet = Fleet()
        var model = FleetModel()
        var now: Int64 = 0
        fleet.begin(generation: 1, workers: 2, now: now)
        model.apply(fleet.takeCommands())
        var generation = 1

        for _ in 0..<400 {
            now += Int64(random.below(700))
            fleet.onTime(now: now)
            model.apply(fleet.takeCommands())
            switch random.below(12) {
            case 0 where !fleet.isChanging:
                generation += 1
                fleet.begin(generation: generation, workers: 1 + random.below(3), now: now)
            case 1: if let id = model.pick(&random) { fleet.onExited(id, reason: "crashed", now: now) }
            case 2...8: if let id = model.pick(&random) { fleet.onReady(id, now: now) }
            // The kernel gets round to those that were killed or told to go.
            default: if let id = model.doomed.min() { fleet.onExited(id, reason: "gone", now: now) }
            }
            model.remove(notIn: fleet.members.map(\.id))
            model.apply(fleet.takeCommands())
            #expect(model.living == Set(fleet.members.map(\.id)))
            #expect(fleet.readyCount <= model.living.count)
        }
        fleet.stop(graceMilliseconds: 10, now: now)
        model.apply(fleet.takeCommands())
        for id in model.living.sorted() { fleet.onExited(id, reason: "gone", now: now) }
        model.apply(fleet.takeCommands())

        #expect(model.wasToldAllGone)
        #expect(fleet.members.isEmpty)
    }
}

/// The processes as a fleet's commands made them.
struct FleetModel {
    var living: Set<Int> = []
    var doomed: Set<Int> = []
    var wasToldAllGone = false

    mutating func apply(_ commands: [FleetCommand]) {
        for command in commands {
            switch command {
            case .spawn(let id, _, _): living.insert(id)
            case .kill(let id, _), .drain(let id), .terminate(let id, _): doomed.insert(id)
            case .allGone: wasToldAllGone = true
            default: break
            }
        }
    }

    mutating func remove(notIn ids: [Int]) {
        living.formIntersection(ids)
        doomed.formIntersection(ids)
    }

    func pick(_ random: inout SeededRandom) -> Int? {
        let ids = living.sorted()
        return ids.isEmpty ? nil : ids[random.below(ids.count)]
    }
}
