/// `log`.
public struct LogSettings: Sendable, Equatable {
    /// Form of the log.
    public enum Format: String, Sendable { case auto, json, text }
    /// Levels, the lowest first.
    public enum Level: String, Sendable, CaseIterable { case trace, debug, info, notice, warning, error }
    /// Where access lines go.
    public enum Access: Sendable, Equatable { case on, off, errors, file(path: String) }
    /// What access lines show of a query.
    public enum Query: String, Sendable { case off, names, full }
    /// How access lines show a client.
    public enum ClientAddress: String, Sendable { case full, masked }
    /// Form of the log; `auto` is text on a terminal and JSON elsewhere.
    public var format = Format.auto
    /// Least level logged; `GATEHOUSE_LOG_LEVEL` is in it.
    public var level = Level.info
    /// Access lines.
    public var access = Access.on
    /// Queries in access lines.
    public var query = Query.names
    /// Client addresses in access lines.
    public var clientAddress = ClientAddress.full
    /// Path patterns that get no access line.
    public var exclude: [PathPattern] = []
    /// The defaults.
    public init() {}
}
