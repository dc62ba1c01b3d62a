import Redis
import RedisTestSupport
import Testing
import Transport

@testable import Throttling

/// A realm's throttle on a connection of its own, as one worker of one gateway has it.
final class ThrottleHarness {
    let redis: Harness
    let throttle: LoginThrottle
    let keys = ThrottleKeys(prefix: [UInt8]("gw".utf8), realm: [UInt8]("shop".utf8))

    init(_ path: String, _ limits: [LoginLimit]) throws {
        redis = try Harness(.unix(path: path))
        throttle = LoginThrottle(redis: redis.connection, loop: redis.loop, keys: keys, limits: limits)
        redis.connection.start()
    }

    static func subject(_ account: String?, _ address: String) -> LoginSubject {
        LoginSubject(
            account: account.map { [UInt8]($0.utf8) }, network: ClientNetwork.name(of: [UInt8](address.utf8)))
    }

    func attempt(
        _ account: String?, _ address: String, kinds: [LoginLimit.Kind] = LoginLimit.Kind.ofLogins
    ) -> ThrottleVerdict? {
        var verdict: ThrottleVerdict?
        throttle.attempt(Self.subject(account, address), kinds: kinds) { verdict = $0 }
        #expect(verdict == nil, "never within the call")
        redis.run { verdict != nil }
        return verdict
    }

    /// Tries and fails; whether there was leave.
    func fail(_ account: String?, _ address: String) -> Bool { end(.failure, account, address) }

    /// Tries and ends so; whether there was leave.
    @discardableResult
    func end(_ settlement: LoginSettlement, _ account: String?, _ address: String) -> Bool {
        guard case .go(let attempt)? = attempt(account, address) else { return false }
        throttle.settle(attempt, settlement)
        // The next reply comes after that of the settlement.
        _ = redis.ask("PING")
        return true
    }

    func value(_ words: String...) -> String? {
        var text: String?
        var isDone = false
        redis.connection.call(RedisCommand(words.map { [UInt8]($0.utf8) })) { outcome in
            if case .reply(.bulk(let bytes)) = outcome { text = String(decoding: bytes, as: UTF8.self) }
            if case .reply(.integer(let number)) = outcome { text = "\(number)" }
            isDone = true
        }
        redis.run { isDone }
        return text
    }
}
