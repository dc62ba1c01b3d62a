import GatewayConfig
import Proxy
import Redis
import Supervisor
import Transport

/// Redis as a command uses it: one call after the other, whether the gateway runs or not.
final class CommandRedis {
    /// Milliseconds that a call may take: nobody's request waits for it.
    private static let patience = 10_000
    /// Commands that are under way together.
    private static let batch = 500

    private let borrowed: BorrowedRedis
    private let loop: EventLoop
    private let connection: RedisConnection
    private var trouble = ""

    /// Connects to the Redis of `settings`; starts the private one if it does not run.
    ///
    /// - Throws: `ExitFailure`, with status 69 if it cannot be reached.
    init(_ settings: Settings) throws(ExitFailure) {
        try StateOwner.assume(settings.stateDirectory ?? "state")
        borrowed = try BorrowedRedis(settings)
        do throws(SystemError) {
            loop = try EventLoop()
            let resolver = Resolver(pool: try HelperPool(loop: loop, threads: 1, limit: 4))
            connection = RedisLinks.make(
                settings.redis, borrowed.endpoint, loop: loop, resolver: resolver, timeout: Self.patience)
        } catch { throw ExitFailure(status: ExitStatus.failure, message: "\(error)") }
        connection.onEvent = { [weak self] event in
            if event != .connected { self?.trouble = event.description }
        }
        connection.start()
        do throws(ExitFailure) { _ = try call(RedisCommand("PING")) } catch {
            finish()
            throw error
        }
    }

    /// The reply to `command`.
    ///
    /// - Throws: `ExitFailure` with status 69 if there is none, or the server refuses.
    func call(_ command: RedisCommand) throws(ExitFailure) -> RedisValue {
        try call([command]).first ?? .null
    }

    /// The replies to `commands`, which go out together.
    ///
    /// - Throws: `ExitFailure` with status 69 if one has none, or the server refuses it.
    func call(_ commands: [RedisCommand]) throws(ExitFailure) -> [RedisValue] {
        var values: [RedisValue] = []
        var start = 0
        while start < commands.count {
            let end = min(commands.count, start + Self.batch)
            for answer in exchange(commands[start..<end]) { values.append(try Self.value(answer, trouble)) }
            start = end
        }
        return values
    }

    private func exchange(_ commands: ArraySlice<RedisCommand>) -> [Result<RedisValue, RedisOutage>] {
        var answers: [Result<RedisValue, RedisOutage>] = []
        for command in commands {
            connection.call(command) { outcome in
                switch outcome {
                case .reply(let reply): answers.append(.success(RedisValue(reply)))
                case .unavailable(let outage): answers.append(.failure(outage))
                }
            }
        }
        while answers.count < commands.count { loop.tick(limit: 1_000) }
        return answers
    }

    private static func value(
        _ answer: Result<RedisValue, RedisOutage>, _ trouble: String
    ) throws(ExitFailure) -> RedisValue {
        switch answer {
        case .success(.refusal(let text)): throw failure("Redis refuses: \(text)")
        case .success(let value): return value
        case .failure(.timedOut): throw failure("Redis does not answer")
        case .failure: throw failure(trouble.isEmpty ? "cannot reach Redis" : trouble)
        }
    }

    /// Ends the connection, and the Redis if it was started for this.
    func finish() {
        connection.close()
        borrowed.finish()
    }

    private static func failure(_ message: String) -> ExitFailure {
        ExitFailure(status: ExitStatus.unavailable, message: message)
    }
}
