import Testing
import Transport

@testable import Redis

/// A connection on a loop of its own, and what came of its calls.
final class Harness {
    let loop: EventLoop
    let connection: RedisConnection
    let recorder = Recorder()
    private(set) var events: [RedisEvent] = []
    var secrets: [String?] = []
    private(set) var secretReads = 0
    private let helpers: HelperPool

    init(
        _ address: RedisConnectionSettings.Address,
        _ change: (inout RedisConnectionSettings) -> Void = { _ in }
    )
        throws
    {
        loop = try EventLoop()
        helpers = try HelperPool(loop: loop, threads: 1, limit: 4)
        var settings = RedisConnectionSettings(address: address)
        change(&settings)
        final class Weak { weak var harness: Harness? }
        let box = Weak()
        connection = RedisConnection(loop: loop, resolver: Resolver(pool: helpers), settings: settings) {
            box.harness?.nextSecret()
        }
        box.harness = self
        connection.onEvent = { box.harness?.events.append($0) }
    }

    private func nextSecret() -> [UInt8]? {
        secretReads += 1
        guard let secret = secrets.count > 1 ? secrets.removeFirst() : secrets.first else { return nil }
        return secret.map { [UInt8]($0.utf8) }
    }

    /// Runs the loop until `condition` holds; false if it does not within `limit` milliseconds.
    @discardableResult
    func run(_ limit: Int64 = 3_000, until condition: () -> Bool) -> Bool {
        let end = Clock.monotonicMilliseconds() + limit
        while !condition() {
            guard Clock.monotonicMilliseconds() < end else { return false }
            loop.tick(limit: 5)
        }
        return true
    }

    /// Runs the loop for some time.
    func run(for milliseconds: Int64) { run(milliseconds) { false } }

    func get(_ key: String, token: UInt64 = 0) -> RedisOutage? {
        [UInt8](key.utf8).withUnsafeBytes { connection.get($0, receiver: recorder, token: token) }
    }

    func call(_ words: String..., token: UInt64 = 0) -> RedisOutage? {
        connection.call(RedisCommand(words.map { [UInt8]($0.utf8) }), receiver: recorder, token: token)
    }

    /// Sends a command and waits for its outcome.
    func ask(_ words: String...) -> Recorded? {
        var outcome: Recorded?
        connection.call(RedisCommand(words.map { [UInt8]($0.utf8) })) { outcome = Recorded($0) }
        run { outcome != nil }
        return outcome
    }

    /// Starts the connection and has `fake` greet it.
    func start(with fake: FakeServer) throws {
        connection.start()
        try greet(fake)
    }

    /// Waits until `fake` has a new connection, and answers its greeting.
    func greet(_ fake: FakeServer) throws {
        let before = fake.connections.count
        try #require(run { fake.accept() || fake.connections.count > before })
        var greeting = ""
        try #require(
            run {
                greeting += fake.received() ?? ""
                return greeting.hasSuffix("$4\r\nPING\r\n")
            })
        fake.send("+PONG\r\n")
        try #require(run { connection.isReady })
    }
}

/// Notes the outcomes it is told.
final class Recorder: RedisReceiver {
    private(set) var outcomes: [(token: UInt64, outcome: Recorded)] = []
    var onOutcome: ((UInt64) -> Void)?

    func redisCompleted(_ token: UInt64, _ outcome: RedisOutcome) {
        outcomes.append((token, Recorded(outcome)))
        onOutcome?(token)
    }

    subscript(token: UInt64) -> [Recorded] { outcomes.filter { $0.token == token }.map(\.outcome) }
}

/// An outcome that keeps its bytes.
indirect enum Recorded: Equatable {
    case null, integer(Int64), bulk(String), status(String), error(String), array([Recorded]), outage(
        RedisOutage)

    init(_ outcome: RedisOutcome) {
        switch outcome {
        case .unavailable(let outage): self = .outage(outage)
        case .reply(let reply): self.init(reply)
        }
    }

    init(_ reply: RedisReply) {
        switch reply {
        case .null: self = .null
        case .integer(let value): self = .integer(value)
        case .bulk(let bytes): self = .bulk(String(decoding: bytes, as: UTF8.self))
        case .status(let bytes): self = .status(String(decoding: bytes, as: UTF8.self))
        case .error(let bytes): self = .error(String(decoding: bytes, as: UTF8.self))
        case .array(let replies): self = .array(replies.map { Recorded($0) })
        }
    }
}
