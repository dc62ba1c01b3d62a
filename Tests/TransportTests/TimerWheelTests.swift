import RandomTestSupport
import Testing

@testable import Transport

/// Deadlines in the wheel's own time, which is an argument.
@Suite struct TimerWheelTests {
    private final class Nobody: DeadlineReceiver {
        func onDeadline(_ timer: DeadlineTimer) {}
    }

    /// A wheel that is moved in small steps, and what fired.
    private struct Machine {
        var wheel = TimerWheel(now: 1_000_000)
        var now: Int64 = 1_000_000
        var due: [DeadlineTimer] = []

        mutating func arm(_ timer: DeadlineTimer, after milliseconds: Int64) {
            wheel.arm(timer, at: now + milliseconds)
        }

        /// Moves on as the loop does: waits as long as the wheel says, then looks. What is due is disarmed.
        mutating func advance(_ milliseconds: Int64) -> [DeadlineTimer] {
            now += milliseconds
            due.removeAll()
            wheel.advance(to: now, due: &due)
            let fired = due.filter { $0.deadline <= now }
            for timer in fired { timer.disarm() }
            return fired
        }
    }

    private func timer() -> DeadlineTimer { DeadlineTimer(Nobody()) }

    /// Milliseconds from now to the moment that `timer` fires, in steps of one.
    private func delay(_ machine: inout Machine, _ timer: DeadlineTimer, limit: Int64) -> Int64? {
        for passed in 1...limit where machine.advance(1).contains(where: { $0 === timer }) { return passed }
        return nil
    }

    @Test(arguments: [0, 1, 9, 10, 11, 100, 9_999, 10_229, 10_230, 10_240, 10_241, 25_000, 61_003])
    func `a deadline fires once, never early, at most 25 ms late`(milliseconds: Int64) throws {
        var machine = Machine()
        let timer = timer()
        machine.arm(timer, after: milliseconds)

        let passed = try #require(delay(&machine, timer, limit: milliseconds + 25))

        #expect(passed >= milliseconds)
        #expect(delay(&machine, timer, limit: 25_000) == nil)
        #expect(!timer.isArmed)
    }

    @Test func `a deadline that was moved earlier fires at the earlier time, and only then`() throws {
        var machine = Machine()
        let timer = timer()
        machine.arm(timer, after: 5_000)
        #expect(machine.advance(100).isEmpty)
        machine.arm(timer, after: 200)

        let passed = try #require(delay(&machine, timer, limit: 225))

        #expect(passed >= 200)
        #expect(delay(&machine, timer, limit: 12_000) == nil)
    }

    @Test func `a deadline that was moved later does not fire at the earlier time`() throws {
        var machine = Machine()
        let timer = timer()
        machine.arm(timer, after: 50)
        machine.arm(timer, after: 30_000)

        let passed = try #require(delay(&machine, timer, limit: 30_025))

        #expect(passed >= 30_000)
    }

    @Test func `a deadline that was taken off does not fire, and can be set again`() throws {
        var machine = Machine()
        let timer = timer()
        machine.arm(timer, after: 50)
        timer.disarm()
        #expect(!timer.isArmed)
        #expect(delay(&machine, timer, limit: 100) == nil)
        machine.arm(timer, after: 20)
        #expect(timer.isArmed)

        #expect(try #require(delay(&machine, timer, limit: 45)) >= 20)
    }

    @Test func `after a long sleep everything that is due fires at once`() {
        var machine = Machine()
        let timers = (0..<50).map { _ in timer() }
        for (index, timer) in timers.enumerated() { machine.arm(timer, after: Int64(index) * 700) }

        let fired = machine.advance(20_000)

        #expect(fired.count == 29)
        for (index, timer) in timers.enumerated() {
            #expect(fired.contains { $0 === timer } == (index * 700 <= 20_000))
        }
    }

    @Test func `the wait ends when the next slot has to be looked at, at the limit otherwise`() {
        var machine = Machine()
        #expect(machine.wheel.wait(now: machine.now, limit: 1_000) == 1_000)
        let timer = timer()

        machine.arm(timer, after: 345)
        let wait = machine.wheel.wait(now: machine.now, limit: 1_000)

        #expect(wait >= 345 && wait <= 360)
        #expect(machine.wheel.wait(now: machine.now, limit: 100) == 100)
        #expect(machine.advance(wait).count == 1)
    }

    /// Arms, re-arms in both directions and disarms at random, and compares each tick with a list of deadlines.
    @Test(arguments: 0..<12)
    func `any schedule fires each deadline once, in time`(seed: Int) {
        var random = SeededRandom(seed)
        var machine = Machine()
        let timers = (0..<60).map { _ in timer() }
        var expected: [Int: Int64] = [:]

        for step in 0..<6_000 {
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                let index = Int.random(in: 0..<timers.count, using: &random)
                if Int.random(in: 0..<5, using: &random) == 0 {
                    timers[index].disarm()
                    expected[index] = nil
                    continue
                }
                let reach: Int64 = [30, 300, 3_000, 40_000].randomElement(using: &random) ?? 30
                let delay = Int64.random(in: 0...reach, using: &random)
                machine.arm(timers[index], after: delay)
                expected[index] = machine.now + delay
            }
            let pause = Int.random(in: 0..<200, using: &random) == 0 ? Int64(12_000) : Int64(5)
            let wait = machine.wheel.wait(
                now: machine.now, limit: Int64.random(in: 0...pause, using: &random))
            for timer in machine.advance(wait) {
                let index = timers.firstIndex { $0 === timer } ?? -1
                guard let deadline = expected.removeValue(forKey: index), deadline <= machine.now else {
                    Issue.record("step \(step): timer \(index) fired unasked or early")
                    return
                }
            }
            guard expected.values.allSatisfy({ machine.now - $0 <= 25 }) else {
                Issue.record("step \(step): a deadline is overdue")
                return
            }
        }
    }
}

/// The same on a loop, where receivers run.
@Suite struct DeadlineTests {
    private final class Receiver: DeadlineReceiver {
        var fired: [ObjectIdentifier] = []
        var then: (DeadlineTimer) -> Void = { _ in }
        func onDeadline(_ timer: DeadlineTimer) {
            fired.append(ObjectIdentifier(timer))
            then(timer)
        }
    }

    @Test func `a deadline is told to its receiver, in time`() throws {
        let loop = try EventLoop()
        let receiver = Receiver()
        let timer = DeadlineTimer(receiver)
        let start = Clock.monotonicMilliseconds()
        loop.arm(timer, after: 30)

        #expect(loop.run { !receiver.fired.isEmpty })

        #expect(Clock.monotonicMilliseconds() - start >= 29)
        #expect(!timer.isArmed)
        _ = loop.ticks(within: 60)
        #expect(receiver.fired.count == 1)
        timer.invalidate()
    }

    @Test func `a receiver may arm its timer again from within`() throws {
        let loop = try EventLoop()
        let receiver = Receiver()
        let timer = DeadlineTimer(receiver)
        receiver.then = { loop.arm($0, after: receiver.fired.count < 4 ? 0 : 60_000) }
        loop.arm(timer, after: 0)

        #expect(loop.run { receiver.fired.count == 4 })
        _ = loop.ticks(within: 60)

        #expect(receiver.fired.count == 4)
        #expect(timer.isArmed)
        timer.invalidate()
    }

    /// Both are due in one tick; whoever comes first takes the other's deadline off, or moves it.
    @Test(arguments: ["disarm", "rearm"])
    func `a deadline that another receiver took back in the same tick is not told`(how: String) throws {
        let loop = try EventLoop()
        let receiver = Receiver()
        let first = DeadlineTimer(receiver)
        let second = DeadlineTimer(receiver)
        receiver.then = { timer in
            let other = timer === first ? second : first
            if how == "disarm" { other.disarm() } else { loop.arm(other, after: 60_000) }
        }
        loop.arm(first, after: 5)
        loop.arm(second, after: 5)

        #expect(loop.run { !receiver.fired.isEmpty })
        _ = loop.ticks(within: 60)

        #expect(receiver.fired.count == 1)
        #expect(first.isArmed != second.isArmed || how == "disarm")
        first.invalidate()
        second.invalidate()
    }

    @Test func `a timer that was invalidated lets its receiver go`() throws {
        let loop = try EventLoop()
        weak var weakReceiver: Receiver?
        let timer = DeadlineTimer()
        do {
            let receiver = Receiver()
            weakReceiver = receiver
            timer.own(by: receiver)
            loop.arm(timer, after: 5)
        }
        #expect(weakReceiver != nil)

        timer.invalidate()
        _ = loop.ticks(within: 40)

        #expect(weakReceiver == nil)
    }
}
