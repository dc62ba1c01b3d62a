/// The exit statuses of every command (sysexits(3) where it has one).
public enum ExitStatus {
    /// Done, or drained.
    public static let success: Int32 = 0
    /// Ran and failed.
    public static let failure: Int32 = 1
    /// Forced to quit by a second signal.
    public static let forced: Int32 = 2
    /// Wrong command line.
    public static let usage: Int32 = 64
    /// A file is missing or unreadable.
    public static let noInput: Int32 = 66
    /// A service that is needed is absent.
    public static let unavailable: Int32 = 69
    /// A socket or a file cannot be made.
    public static let cannotCreate: Int32 = 73
    /// Not permitted.
    public static let notPermitted: Int32 = 77
    /// The configuration is wrong.
    public static let configuration: Int32 = 78
}

/// Why something cannot be done, and with which status the process should end.
public struct ExitFailure: Error, Sendable, Equatable {
    /// The exit status.
    public let status: Int32
    /// What is wrong, for people, without a line end.
    public let message: String

    /// A failure.
    public init(status: Int32, message: String) {
        self.status = status
        self.message = message
    }
}
