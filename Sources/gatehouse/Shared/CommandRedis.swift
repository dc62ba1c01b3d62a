import GatewayConfig
import Proxy
import Redis
import Supervisor
import Transport

/// Redis as a command uses it: one call after the other, whether the gateway runs or not.
final class CommandRedis {
    /// Milliseconds that a call may take: nobody's request waits for it.
    private static let patience = 10_000

    private let borrowed: BorrowedRedis
    private let loop: EventLoop
    private let connection: RedisConnection
    private var trouble = ""

    /// Connects to the Redis of `settings`; starts the private one if it does not run.
    ///
    /// - Throws: `ExitFailure`, with status 69 if it cannot be reached.
    init(_ settings: Settings) throws(ExitFailure) {
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
        var answer: Result<RedisValue, RedisOutage>?
        connection.call(command) { outcome in
            switch outcome {
            case .reply(let reply): answer = .success(RedisValue(reply))
            case .unavailable(let outage): answer = .failure(outage)
            }
        }
        while answer == nil { loop.tick(limit: 1_000) }
        switch answer {
        case .success(.refusal(let text)): throw Self.failure("Redis refuses: \(text)")
        case .success(let value): return value
        case .failure(.timedOut): throw Self.failure("Redis does not answer")
        default: throw Self.failure(trouble.isEmpty ? "cannot reach Redis" : trouble)
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
