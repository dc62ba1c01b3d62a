internal import CSQLite

/// The row a statement stands on; valid until its next step.
struct SQLiteRow {
    let statement: OpaquePointer
    let path: String

    /// The text of a column.
    ///
    /// - Throws: `StoreError` with the cause `corrupt` when it is NULL or not UTF-8.
    func text(_ column: CInt) throws(StoreError) -> String {
        guard let base = sqlite3_column_text(statement, column) else {
            throw damaged("NULL in column \(column)")
        }
        let bytes = UnsafeBufferPointer(start: base, count: Int(sqlite3_column_bytes(statement, column)))
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw damaged("column \(column) is not UTF-8")
        }
        return text
    }

    /// The number of a column.
    func integer(_ column: CInt) -> Int64 { sqlite3_column_int64(statement, column) }

    /// The error for a row that this program would not have written.
    func damaged(_ what: String) -> StoreError {
        SQLiteFailure.error(.corrupt, path: path, what: what)
    }
}
