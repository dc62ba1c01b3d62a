import GatewayConfig
import RandomTestSupport
import Testing

@testable import Proxy

@Suite struct ServerHealthTests {
    private func health(
        _ failures: Int = 3, in window: Int = 10_000, rise: Int = 2, fall: Int = 3
    ) -> ServerHealth {
        var passive = PassiveHealthSettings()
        passive.failures = failures
        passive.window = window
        var check = HealthCheckSettings(method: "GET", target: "/")
        check.rise = rise
        check.fall = fall
        return ServerHealth(passive, check)
    }

    @Test func `three failures in ten seconds take a server out for ten seconds`() {
        var health = health()
        #expect(health.failed(0, mayLeave: true) == nil)
        #expect(health.failed(5_000, mayLeave: true) == nil)
        #expect(health.isUsable(5_000))
        #expect(health.failed(9_999, mayLeave: true) == .down)
        #expect(!health.isUsable(9_999) && !health.isUsable(19_998))
        #expect(health.isUsable(19_999))
    }

    @Test func `failures that lie further apart take nobody out`() {
        var health = health()
        for moment in stride(from: Int64(0), through: 200_000, by: 5_000) {
            #expect(health.failed(moment, mayLeave: true) == nil)
        }
        #expect(health.isUsable(200_000) && !health.isTroubled)
    }

    @Test func `one request at a time tries a server that was out`() {
        var health = health(1)
        #expect(health.failed(0, mayLeave: true) == .down)
        #expect(health.isUsable(10_000))
        health.chosen(10_000)
        #expect(!health.isUsable(10_001) && !health.isUsable(10_999))
        #expect(health.isUsable(11_000))
        health.chosen(11_000)
        #expect(health.answered(11_200) == .up(after: 11_200))
        #expect(health.isUsable(11_200) && !health.isTroubled)
        #expect(health.answered(11_201) == nil)
    }

    @Test func `a trial that fails puts it off again, without another word`() {
        var health = health(1)
        _ = health.failed(0, mayLeave: true)
        health.chosen(10_000)
        #expect(health.failed(10_100, mayLeave: true) == nil)
        #expect(!health.isUsable(20_099))
        #expect(health.isUsable(20_100))
    }

    @Test func `the last server stays in`() {
        var health = health(2)
        _ = health.failed(0, mayLeave: false)
        #expect(health.failed(1, mayLeave: false) == .down)
        #expect(health.isUsable(1) && health.isTroubled && !health.isOut)
        for moment in Int64(2)..<50 { #expect(health.failed(moment, mayLeave: false) == nil) }
        #expect(health.isUsable(50))
        // Another one is back: now it may go.
        #expect(health.failed(51, mayLeave: true) == nil)
        #expect(!health.isUsable(52))
    }

    @Test func `passive off counts nothing`() {
        var health = health(0)
        for moment in Int64(0)..<100 { #expect(health.failed(moment, mayLeave: true) == nil) }
        #expect(!health.isTroubled)
    }

    @Test func `checks take out after fall and bring back after rise`() {
        var health = health()
        #expect(health.checked(isGood: true, 0) == nil)
        #expect(health.checked(isGood: false, 1) == nil)
        #expect(health.checked(isGood: false, 2) == nil)
        #expect(health.checked(isGood: true, 3) == nil)
        #expect(health.checked(isGood: false, 4) == nil)
        #expect(health.checked(isGood: false, 5) == nil)
        #expect(health.isUsable(5))
        #expect(health.checked(isGood: false, 6) == .down)
        #expect(!health.isUsable(1 << 40))
        #expect(health.checked(isGood: true, 7) == nil)
        #expect(health.checked(isGood: false, 8) == nil)
        #expect(health.checked(isGood: true, 9) == nil)
        #expect(health.checked(isGood: true, 10) == .up(after: 4))
        #expect(health.isUsable(10) && !health.isTroubled)
    }

    @Test func `the first check counts at once`() {
        var health = health()
        #expect(health.checked(isGood: false, 0) == .down)
        #expect(health.isRefusedByChecks)
    }

    @Test func `an answer does not overrule the checks`() {
        var health = health(1)
        _ = health.failed(0, mayLeave: true)
        #expect(health.checked(isGood: false, 1) == nil)
        #expect(health.answered(2) == nil)
        #expect(!health.isUsable(3))
    }

    @Test func `checks that are good again are the trial`() {
        var health = health(1, rise: 1)
        #expect(health.failed(0, mayLeave: true) == .down)
        #expect(health.checked(isGood: false, 1) == nil)
        #expect(health.checked(isGood: true, 2) == .up(after: 2))
        #expect(health.isUsable(2))
    }

    @Test func `without checks nothing they said counts`() {
        var health = health()
        _ = health.checked(isGood: false, 0)
        health.endChecks()
        #expect(health.isUsable(1) && !health.isTroubled)
    }

    /// Down and up take turns in the log; a usable server is never one whose checks fail; out never lasts longer than
    /// the window without a failure.
    @Test(arguments: 0..<50)
    func `any schedule leaves it in a state that makes sense`(_ seed: Int) {
        var random = SeededRandom(seed)
        var health = health(
            Int.random(in: 1...4, using: &random), in: 1_000, rise: Int.random(in: 1...3, using: &random),
            fall: Int.random(in: 1...3, using: &random))
        var now: Int64 = 0
        var isDown = false
        var lastFailure: Int64 = 0
        for _ in 0..<3_000 {
            now += Int64.random(in: 0...400, using: &random)
            var change: ServerHealth.Change?
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                change = health.failed(now, mayLeave: Bool.random(using: &random))
                lastFailure = now
            case 1: change = health.answered(now)
            case 2: change = health.checked(isGood: Bool.random(using: &random), now)
            default: if health.isUsable(now) { health.chosen(now) }
            }
            switch change {
            case .down:
                #expect(!isDown)
                isDown = true
            case .up(let after):
                #expect(isDown && after >= 0)
                isDown = false
            case nil: break
            }
            #expect(isDown == health.isTroubled)
            if health.isRefusedByChecks { #expect(!health.isUsable(now)) }
            let later = max(now, lastFailure + 1_000) + ServerHealth.trialMilliseconds
            #expect(health.isRefusedByChecks || health.isUsable(later))
        }
    }
}
