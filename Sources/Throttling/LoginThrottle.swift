public import Redis
public import Transport

/// Whether somebody may try to log in.
public enum ThrottleVerdict: Sendable, Equatable {
    /// Yes; it counts as a failure until it is settled.
    case go(LoginAttempt)
    /// Not now, but after so many milliseconds.
    case wait(Int64)
    /// Nobody can tell.
    case unavailable
}

/// A try that is counted. Its end must be told by `LoginThrottle.settle`; one of which nothing is heard within 10
/// seconds counts as a failure.
public struct LoginAttempt: Sendable, Equatable {
    let subject: LoginSubject
    let kinds: [LoginLimit.Kind]
}

/// How a try ended.
public enum LoginSettlement: String, Sendable {
    /// Name and password belong together.
    case success
    /// They do not.
    case failure
    /// Nothing was found out.
    case withdrawn
}

/// A realm's login limits: counters in Redis, the same for every gateway that uses it, and still there after a
/// restart. Stays on the connection's loop.
///
/// Only failures count, for accounts that do not exist as for those that do. Whoever tries from a network from which
/// the account has logged in within 30 days is not held up by what others did to the account elsewhere.
public final class LoginThrottle {
    /// Milliseconds for which a network from which an account has logged in is known.
    static let networkLife: Int64 = 30 * 86_400_000
    /// Networks known of one account; the least recent go first.
    static let networkLimit = 32
    /// How often a try asks that only others under way stand in the way of.
    private static let patience = 100

    private let redis: RedisConnection
    private let loop: EventLoop
    private let keys: ThrottleKeys
    private let limits: [LoginLimit]
    private let room: WaitingRoom

    /// The limits of a realm on `redis`. Bans count also where `limits` is empty.
    public init(redis: RedisConnection, loop: EventLoop, keys: ThrottleKeys, limits: [LoginLimit]) {
        self.redis = redis
        self.loop = loop
        self.keys = keys
        room = WaitingRoom(loop)
        self.limits =
            limits
            + limits.filter { $0.kind == .ip }.map { limit in
                LoginLimit(
                    kind: .registration, count: limit.count * LoginLimit.registrationFactor,
                    window: limit.window)
            }
    }

    /// Asks for leave for `subject` to try a password, or with `kinds` to do something else that those count.
    /// `completion` is called once, never within this call.
    public func attempt(
        _ subject: LoginSubject, kinds: [LoginLimit.Kind] = LoginLimit.Kind.ofLogins,
        completion: @escaping (ThrottleVerdict) -> Void
    ) {
        let counted = limits.filter { limit in
            kinds.contains(limit.kind) && subject.name(limit.kind) != nil
        }
        ask(subject, counted, tries: Self.patience, completion)
    }

    /// Many good logins of one account at once are no attack, and wait for each other: a limit that only they fill for
    /// a moment turns nobody away.
    private func ask(
        _ subject: LoginSubject, _ counted: [LoginLimit], tries: Int,
        _ completion: @escaping (ThrottleVerdict) -> Void
    ) {
        redis.call(attemptCommand(subject, counted)) { [self] outcome in
            switch outcome {
            case .reply(.integer(0)):
                completion(.go(LoginAttempt(subject: subject, kinds: counted.map(\.kind))))
            case .reply(.integer(-1)):
                let isWaiting =
                    tries > 1
                    && room.add { [weak self] in
                        guard let self else { return completion(.unavailable) }
                        ask(subject, counted, tries: tries - 1, completion)
                    }
                if !isWaiting { completion(.wait(1_000)) }
            case .reply(.integer(let wait)) where wait > 0: completion(.wait(wait))
            default: completion(.unavailable)
            }
        }
    }

    /// Says how a try ended. What becomes of it is not waited for: a lost word leaves a failure too many, which is
    /// forgotten with the others.
    public func settle(_ attempt: LoginAttempt, _ settlement: LoginSettlement) {
        let isNamed = settlement == .success && attempt.subject.account != nil
        if !isNamed, attempt.kinds.isEmpty { return }
        let ending = settlement == .success && !isNamed ? LoginSettlement.withdrawn : settlement
        redis.call(settleCommand(attempt, ending)) { _ in }
    }

    private func attemptCommand(_ subject: LoginSubject, _ counted: [LoginLimit]) -> RedisCommand {
        let bans = LoginLimit.Kind.ofLogins.compactMap { kind in
            subject.name(kind).map { keys.ban(kind, $0) }
        }
        var names = bans
        names.append(keys.networks(of: subject.account ?? LoginSubject.noAccount))
        var arguments = [text(bans.count), subject.network, text(Int(loop.wallNow - Self.networkLife))]
        for limit in counted {
            guard let name = subject.name(limit.kind) else { continue }
            names += [keys.failures(limit.kind, name), keys.pending(limit.kind, name)]
            arguments += [Array(limit.kind.rawValue.utf8), text(limit.count), text(limit.window)]
        }
        return script(ThrottleScripts.attempt, names, arguments)
    }

    private func settleCommand(_ attempt: LoginAttempt, _ settlement: LoginSettlement) -> RedisCommand {
        let subject = attempt.subject
        var names = [keys.networks(of: subject.account ?? LoginSubject.noAccount)]
        var arguments = [
            subject.network, text(Int(loop.wallNow)), text(Int(Self.networkLife)), text(Self.networkLimit),
            Array(settlement.rawValue.utf8),
        ]
        for kind in attempt.kinds {
            guard let name = subject.name(kind) else { continue }
            names += [keys.failures(kind, name), keys.pending(kind, name)]
            arguments.append(Array(kind.rawValue.utf8))
        }
        return script(ThrottleScripts.settle, names, arguments)
    }

    private func script(_ source: String, _ names: [[UInt8]], _ arguments: [[UInt8]]) -> RedisCommand {
        RedisCommand("EVAL", [Array(source.utf8), text(names.count)] + names + arguments)
    }

    private func text(_ number: Int) -> [UInt8] { Array(String(number).utf8) }
}
