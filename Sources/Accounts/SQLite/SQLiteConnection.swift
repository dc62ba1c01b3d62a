internal import CSQLite
internal import Glibc

/// One open database and its prepared statements. Confined: one thread at a time may use it.
final class SQLiteConnection {
    /// A value to bind.
    enum Value {
        case text(String)
        case integer(Int64)
        case null
    }

    let path: String
    private let handle: OpaquePointer
    private var statements: [String: OpaquePointer] = [:]

    /// Opens the file at `path`, which must exist. `busyMs` is how long a lock of another process is waited for.
    init(path: String, busyMs: Int32) throws(StoreError) {
        var opened: OpaquePointer?
        // "./" keeps names such as ":memory:" from meaning anything but a file.
        let file = path.hasPrefix("/") ? path : "./" + path
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        let code = sqlite3_open_v2(file, &opened, flags, nil)
        guard code == SQLITE_OK, let opened else {
            let failure = SQLiteFailure.make(code, handle: opened, path: path)
            sqlite3_close_v2(opened)
            throw failure
        }
        self.path = path
        handle = opened
        sqlite3_busy_timeout(handle, busyMs)
    }

    deinit {
        for statement in statements.values { sqlite3_finalize(statement) }
        sqlite3_close_v2(handle)
    }

    /// Whether the file was removed or replaced since it was opened.
    var hasMoved: Bool {
        var moved: CInt = 0
        let code = sqlite3_file_control(handle, "main", SQLITE_FCNTL_HAS_MOVED, &moved)
        return code == SQLITE_OK && moved != 0
    }

    /// The rows that the last insert, update or delete changed.
    var changes: Int { Int(sqlite3_changes(handle)) }

    /// Runs one statement without rows to look at. Its text is kept prepared.
    func run(_ sql: String, _ values: [Value] = []) throws(StoreError) {
        _ = try rows(sql, values) { (_: SQLiteRow) throws(StoreError) in () }
    }

    /// Runs one statement and decodes each row while it lies in SQLite's memory.
    func rows<Element>(
        _ sql: String, _ values: [Value] = [], decode: (SQLiteRow) throws(StoreError) -> Element
    ) throws(StoreError) -> [Element] {
        let statement = try prepare(sql)
        defer {
            sqlite3_reset(statement)
            sqlite3_clear_bindings(statement)
        }
        try bind(values, to: statement)
        var elements: [Element] = []
        while true {
            let code = sqlite3_step(statement)
            if code == SQLITE_DONE { return elements }
            guard code == SQLITE_ROW else { throw SQLiteFailure.make(code, handle: handle, path: path) }
            elements.append(try decode(SQLiteRow(statement: statement, path: path)))
        }
    }

    /// Runs reads that all see the file as it was at the first of them.
    func snapshot<Result>(_ body: () throws(StoreError) -> Result) throws(StoreError) -> Result {
        try run("BEGIN")
        do throws(StoreError) {
            let result = try body()
            try run("COMMIT")
            return result
        } catch {
            try? run("ROLLBACK")
            throw error
        }
    }

    /// Runs `body` in a transaction that holds the write lock from its start.
    func transaction(_ body: () throws(StoreError) -> Void) throws(StoreError) {
        try run("BEGIN IMMEDIATE")
        do throws(StoreError) {
            try body()
            try run("COMMIT")
        } catch {
            // Some errors have rolled back already; a second rollback then fails and changes nothing.
            try? run("ROLLBACK")
            throw error
        }
    }

    private func prepare(_ sql: String) throws(StoreError) -> OpaquePointer {
        if let known = statements[sql] { return known }
        var statement: OpaquePointer?
        let code = sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil)
        guard code == SQLITE_OK, let statement else {
            throw SQLiteFailure.make(code, handle: handle, path: path)
        }
        statements[sql] = statement
        return statement
    }

    private func bind(_ values: [Value], to statement: OpaquePointer) throws(StoreError) {
        for (index, value) in zip(CInt(1)..., values) {
            let code: CInt
            switch value {
            case .null: code = sqlite3_bind_null(statement, index)
            case .integer(let number): code = sqlite3_bind_int64(statement, index, number)
            case .text(let text): code = Self.bind(text, to: statement, at: index)
            }
            guard code == SQLITE_OK else { throw SQLiteFailure.make(code, handle: handle, path: path) }
        }
    }

    private static func bind(_ text: String, to statement: OpaquePointer, at index: CInt) -> CInt {
        // SQLITE_TRANSIENT, a macro: SQLite copies the bytes before it returns.
        let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        var text = text
        return text.withUTF8 { bytes in
            // A nil pointer would bind NULL, not the empty text.
            guard let base = bytes.baseAddress else {
                return sqlite3_bind_text(statement, index, "", 0, transient)
            }
            return base.withMemoryRebound(to: CChar.self, capacity: bytes.count) { base in
                sqlite3_bind_text64(
                    statement, index, base, sqlite3_uint64(bytes.count), transient, UInt8(SQLITE_UTF8))
            }
        }
    }
}
