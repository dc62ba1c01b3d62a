internal import CPostgreSQL
internal import Glibc

/// One connection to a PostgreSQL server. Every wait has a deadline: libpq only ever waits in `poll` here.
/// (Name resolution is the exception: it takes as long as the system's resolver allows.)
/// Unchecked: one thread at a time has it, the one that holds the lock of its slot in `PostgresPool`.
final class PostgresConnection: @unchecked Sendable {
    private let handle: OpaquePointer
    /// Something went wrong that leaves it in an unknown state.
    private var isBroken = false

    /// Connects, within `server.connectTimeout`.
    init(_ server: PostgresServer) throws(PostgresFailure) {
        if let trouble = cpq_load() { throw .lost(String(cString: trouble)) }
        guard let handle = Self.start(server) else { throw .lost("no memory") }
        self.handle = handle
        cpq_silence(handle)
        try finishConnecting(deadline: .now + server.connectTimeout)
        guard cpq_setnonblocking(handle) == 0 else { throw .lost(message) }
        // What nobody waits for any more must not go on at the server.
        _ = try run("SET statement_timeout = \(server.timeout.milliseconds)", deadline: .now + server.timeout)
    }

    deinit { cpq_finish(handle) }

    /// Whether it can be used once more: a server that was restarted has hung up by now.
    var isUsable: Bool {
        guard !isBroken, cpq_isOK(handle) != 0 else { return false }
        var watched = pollfd(fd: cpq_socket(handle), events: Int16(POLLIN), revents: 0)
        guard poll(&watched, 1, 0) > 0 else { return true }
        return cpq_consumeInput(handle) != 0 && cpq_isOK(handle) != 0
    }

    /// Runs one statement with `values` for `$1` and on.
    ///
    /// - Parameters:
    ///   - limit: Rows that are read; more count as a refusal, with the state `21000`.
    ///   - deadline: When the server must have answered.
    func run(
        _ statement: String, _ values: [String?] = [], limit: Int = 1_000,
        deadline: ContinuousClock.Instant
    ) throws(PostgresFailure) -> PostgresRows {
        do throws(PostgresFailure) {
            try send(statement, values)
            try flush(deadline)
            return try collect(limit, deadline)
        } catch {
            if case .lost = error { isBroken = true }
            throw error
        }
    }

    // MARK: Connecting

    private static func start(_ server: PostgresServer) -> OpaquePointer? {
        let milliseconds = "\(max(1_000, server.timeout.milliseconds))"
        var options: [(String, [UInt8])] = [("dbname", Array(server.url.utf8))]
        if let password = server.password { options.append(("password", password)) }
        options += [
            ("client_encoding", Array("UTF8".utf8)), ("fallback_application_name", Array("gatehouse".utf8)),
            ("tcp_user_timeout", Array(milliseconds.utf8)),
        ]
        return withCStrings(options.map { Array($0.0.utf8) }) { keywords in
            withCStrings(options.map(\.1)) { values in cpq_connectStartParams(keywords, values) }
        }
    }

    private func finishConnecting(deadline: ContinuousClock.Instant) throws(PostgresFailure) {
        guard cpq_isOK(handle) == 0 else { return }
        var state = CInt(cpq_pollingWriting)
        // libpq says BAD at once where nothing could be begun.
        guard cpq_socket(handle) >= 0 else { throw .lost(message) }
        while true {
            switch state {
            case CInt(cpq_pollingOK): return
            case CInt(cpq_pollingReading): try wait(POLLIN, deadline)
            case CInt(cpq_pollingWriting): try wait(POLLOUT, deadline)
            default: throw .lost(message)
            }
            state = cpq_connectPoll(handle)
        }
    }

    // MARK: Statements

    private func send(_ statement: String, _ values: [String?]) throws(PostgresFailure) {
        let bytes = values.map { $0.map { Array($0.utf8) } }
        let sent = Self.withCStrings(bytes) {
            cpq_sendQueryParams(handle, statement, CInt(values.count), $0)
        }
        guard sent == 1, cpq_setSingleRowMode(handle) == 1 else { throw .lost(message) }
    }

    private func flush(_ deadline: ContinuousClock.Instant) throws(PostgresFailure) {
        while true {
            let left = cpq_flush(handle)
            if left == 0 { return }
            guard left == 1 else { throw .lost(message) }
            try wait(POLLOUT | POLLIN, deadline)
            guard cpq_consumeInput(handle) == 1 else { throw .lost(message) }
        }
    }

    private func collect(
        _ limit: Int, _ deadline: ContinuousClock.Instant
    ) throws(PostgresFailure) -> PostgresRows {
        var rows = PostgresRows()
        var refusal: PostgresFailure?
        while let result = try next(deadline) {
            defer { cpq_clear(result) }
            switch cpq_resultStatus(result) {
            case CInt(cpq_singleTuple), CInt(cpq_tuplesOK): Self.read(result, into: &rows)
            case CInt(cpq_commandOK): break
            default: refusal = failure(result)
            }
            rows.affected = Int(String(cString: cpq_cmdTuples(result))) ?? rows.affected
            guard rows.rows.count <= limit else {
                // The rest would have to be read; the connection is given up instead.
                isBroken = true
                throw .refused(state: "21000", "more than \(limit) rows")
            }
        }
        if let refusal { throw refusal }
        return rows
    }

    private func next(_ deadline: ContinuousClock.Instant) throws(PostgresFailure) -> OpaquePointer? {
        while cpq_isBusy(handle) == 1 {
            try wait(POLLIN, deadline)
            guard cpq_consumeInput(handle) == 1 else { throw .lost(message) }
        }
        return cpq_getResult(handle)
    }

    private static func read(_ result: OpaquePointer, into rows: inout PostgresRows) {
        let count = cpq_nfields(result)
        if rows.columns.isEmpty {
            rows.columns = (0..<count).map { String(cString: cpq_fname(result, $0)) }
        }
        for row in 0..<cpq_ntuples(result) {
            rows.rows.append((0..<count).map { cpq_getvalue(result, row, $0).map { String(cString: $0) } })
        }
    }

    private func failure(_ result: OpaquePointer) -> PostgresFailure {
        let text = Self.line(String(cString: cpq_resultErrorMessage(result)))
        // Without a state it is libpq that speaks, of a connection that is lost.
        guard let state = cpq_resultState(result) else { return .lost(text) }
        return .refused(state: String(cString: state), text)
    }

    // MARK: Waiting

    private func wait(_ events: CInt, _ deadline: ContinuousClock.Instant) throws(PostgresFailure) {
        while true {
            let left = (deadline - .now).milliseconds
            guard left > 0 else { throw .lost("no answer in time") }
            var watched = pollfd(fd: cpq_socket(handle), events: Int16(events), revents: 0)
            let found = poll(&watched, 1, CInt(clamping: left))
            if found > 0 { return }
            guard found == 0 || errno == EINTR else { throw .lost("poll: errno \(errno)") }
        }
    }

    private var message: String { Self.line(String(cString: cpq_errorMessage(handle))) }

    /// One line, whatever the server writes.
    private static func line(_ text: String) -> String {
        text.split { $0.isNewline || $0 == "\t" }.joined(separator: "; ")
    }

    /// Calls `body` with the texts as C strings, wiped afterwards; a nil stays one. A NULL ends the list.
    private static func withCStrings<Result>(
        _ texts: [[UInt8]?], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Result
    ) -> Result {
        var copies: [UnsafeMutableBufferPointer<CChar>?] = texts.map { text in
            guard let text else { return nil }
            let copy = UnsafeMutableBufferPointer<CChar>.allocate(capacity: text.count + 1)
            copy.initialize(repeating: 0)
            for (index, byte) in text.enumerated() { copy[index] = CChar(bitPattern: byte) }
            return copy
        }
        copies.append(nil)
        defer {
            for case let copy? in copies {
                if let base = copy.baseAddress { explicit_bzero(base, copy.count) }
                copy.deallocate()
            }
        }
        let pointers = copies.map { $0.flatMap { UnsafePointer($0.baseAddress) } }
        return withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: pointers.count) {
            for (index, pointer) in pointers.enumerated() { $0.initializeElement(at: index, to: pointer) }
            return body($0.baseAddress.map { UnsafePointer($0) })
        }
    }
}

extension Duration {
    /// Whole milliseconds, rounded up.
    var milliseconds: Int {
        let (seconds, attoseconds) = components
        return Int(clamping: seconds) * 1_000
            + Int((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}
