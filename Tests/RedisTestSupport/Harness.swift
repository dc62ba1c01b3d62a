public import Redis
public import Transport

/// A connection on a loop of its own, and what came of its calls.
public final class Harness {
    /// Its loop.
    public let loop: EventLoop
    /// The connection.
    public let connection: RedisConnection
    /// Hears the outcomes of `get` and `call`.
    public let recorder = Recorder()
    /// What happened to the connection.
    public private(set) var events: [RedisEvent] = []
    /// The passwords that are read, in order; the last one stays.
    public var secrets: [String?] = []
    /// How often the password was read.
    public private(set) var secretReads = 0
    private let helpers: HelperPool

    /// A connection to `address` that is not started.
    public init(
        _ address: RedisConnectionSettings.Address,
        _ change: (inout RedisConnectionSettings) -> Void = { _ in }
    )
        throws
    {
        loop = try EventLoop()
        helpers = try HelperPool(loop: loop, threads: 1, limit: 4)
        var settings = RedisConnectionSettings(address: address)
        // A machine at work on other things may take long to give a server its turn.
        settings.connectTimeout = 10_000
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
    public func run(_ limit: Int64 = 3_000, until condition: () -> Bool) -> Bool {
        let end = Clock.monotonicMilliseconds() + limit
        while !condition() {
            guard Clock.monotonicMilliseconds() < end else { return false }
            loop.tick(limit: 5)
        }
        return true
    }

    /// Runs the loop for some time.
    public func run(for milliseconds: Int64) { run(milliseconds) { false } }

    /// Reads a key for the recorder.
    public func get(_ key: String, token: UInt64 = 0) -> RedisOutage? {
        [UInt8](key.utf8).withUnsafeBytes { connection.get($0, receiver: recorder, token: token) }
    }

    /// Sends a command for the recorder.
    public func call(_ words: String..., token: UInt64 = 0) -> RedisOutage? {
        connection.call(RedisCommand(words.map { [UInt8]($0.utf8) }), receiver: recorder, token: token)
    }

    /// Sends a command and waits for its outcome.
    public func ask(_ words: String...) -> Recorded? {
        var outcome: Recorded?
        connection.call(RedisCommand(words.map { [UInt8]($0.utf8) })) { outcome = Recorded($0) }
        run { outcome != nil }
        return outcome
    }

    /// Starts the connection and has `fake` greet it.
    public func start(with fake: FakeServer) throws {
        connection.start()
        try greet(fake)
    }

    /// Waits until `fake` has a new connection, and answers its greeting.
    public func greet(_ fake: FakeServer) throws {
        let before = fake.connections.count
        try expect(run { fake.accept() || fake.connections.count > before }, "no connection")
        var greeting = ""
        try expect(
            run {
                greeting += fake.received() ?? ""
                return greeting.hasSuffix("$4\r\nPING\r\n")
            }, "no greeting")
        fake.send("+PONG\r\n")
        try expect(run { connection.isReady }, "the greeting was not taken")
    }

    private func expect(_ isTrue: Bool, _ message: String) throws {
        if !isTrue { throw SupportError(message: message) }
    }
}
