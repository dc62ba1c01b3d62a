/// Why a store did not do what was asked. Whatever is thrown, nothing of the operation was stored.
public enum StoreError: Error, Equatable, CustomStringConvertible {
    /// What kept a store from answering.
    public enum Cause: String, Sendable {
        /// Another process held the store for longer than the wait.
        case busy
        /// No space left, or a quota reached.
        case diskFull
        /// The file, its directory or its file system cannot be written.
        case readOnly
        /// The file or its directory does not exist (any more).
        case missing
        /// Not allowed to open it.
        case permission
        /// The content is damaged, or not of a users store.
        case corrupt
        /// Made by a newer version of this program.
        case newerSchema
        /// No memory.
        case memory
        /// Reading or writing failed for another reason.
        case failed
    }

    /// The store cannot answer; `detail` says what happened, where, and what to do.
    case unavailable(Cause, detail: String)
    /// The caller gave a value that no store keeps, such as a role with a comma.
    case invalid(detail: String)

    /// The detail.
    public var description: String {
        switch self {
        case .unavailable(_, let detail), .invalid(let detail): detail
        }
    }
}
