internal import Synchronization

/// The connections of one store. A call takes a free one; if there is none it waits for its turn, which the deadlines
/// of those before it bound. Any thread may call.
final class PostgresPool: Sendable {
    private struct Outage {
        let end: ContinuousClock.Instant
        let reason: String
    }

    private final class Slot: Sendable {
        let connection = Mutex<PostgresConnection?>(nil)
    }

    /// After a connection could not be made, this long none is tried: helper threads must not all wait for it.
    private static let pause = Duration.seconds(1)

    let server: PostgresServer
    private let slots: [Slot]
    private let turn = Atomic(0)
    private let outage = Mutex<Outage?>(nil)

    init(_ server: PostgresServer) {
        self.server = server
        slots = (0..<max(1, server.connections)).map { _ in Slot() }
    }

    /// Calls `body` with a connection. With `isRepeatable` it may be called twice: a connection that turns out to be
    /// lost is replaced once.
    func use<Result: Sendable>(
        isRepeatable: Bool, _ body: (PostgresConnection) throws(PostgresFailure) -> Result
    ) throws(PostgresFailure) -> Result {
        for slot in slots {
            let outcome = slot.connection.withLockIfAvailable { connection in
                Self.outcome { () throws(PostgresFailure) in try use(&connection, isRepeatable, body) }
            }
            if let outcome { return try outcome.get() }
        }
        let index = turn.wrappingAdd(1, ordering: .relaxed).oldValue
        let slot = slots[Int(UInt(bitPattern: index) % UInt(slots.count))]
        return try slot.connection.withLock { connection in
            Self.outcome { () throws(PostgresFailure) in try use(&connection, isRepeatable, body) }
        }.get()
    }

    private static func outcome<Value>(
        _ body: () throws(PostgresFailure) -> Value
    ) -> Result<Value, PostgresFailure> {
        do throws(PostgresFailure) { return .success(try body()) } catch { return .failure(error) }
    }

    private func use<Result: Sendable>(
        _ connection: inout PostgresConnection?, _ isRepeatable: Bool,
        _ body: (PostgresConnection) throws(PostgresFailure) -> Result
    ) throws(PostgresFailure) -> Result {
        if let current = connection, current.isUsable {
            do throws(PostgresFailure) {
                return try body(current)
            } catch {
                guard case .lost = error else { throw error }
                connection = nil
                guard isRepeatable else { throw error }
            }
        }
        connection = nil
        let fresh = try connect()
        connection = fresh
        return try body(fresh)
    }

    private func connect() throws(PostgresFailure) -> PostgresConnection {
        if let known = outage.withLock({ $0 }), known.end > .now { throw .lost(known.reason) }
        do throws(PostgresFailure) {
            let connection = try PostgresConnection(server)
            outage.withLock { $0 = nil }
            return connection
        } catch {
            if case .lost(let reason) = error {
                outage.withLock { $0 = Outage(end: .now + Self.pause, reason: reason) }
            }
            throw error
        }
    }
}
