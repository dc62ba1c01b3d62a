/// A PostgreSQL database and how long it may take.
public struct PostgresServer: Sendable, Equatable {
    /// `postgresql://[user@]host[:port]/database[?option=value&...]`, as libpq takes it; without a password.
    public var url: String
    /// The password; nil: none, or where libpq looks for one.
    public var password: [UInt8]?
    /// The connections that are kept, at least 1.
    public var connections: Int
    /// For making a connection.
    public var connectTimeout: Duration
    /// For one statement.
    public var timeout: Duration

    /// A server; by default 2 connections and 2 s for either.
    public init(
        url: String, password: [UInt8]? = nil, connections: Int = 2,
        connectTimeout: Duration = .seconds(2), timeout: Duration = .seconds(2)
    ) {
        self.url = url
        self.password = password
        self.connections = connections
        self.connectTimeout = connectTimeout
        self.timeout = timeout
    }

    /// The URL as far as logs may show it: without its options.
    var shown: String { String(url.prefix { $0 != "?" }) }
}

/// Why a statement gave no rows.
enum PostgresFailure: Error, Equatable {
    /// There is no connection (any more), or the time is over. Whether a change was carried out is unknown.
    case lost(String)
    /// The server refused the statement; the connection goes on. `state` is the SQLSTATE.
    case refused(state: String, String)
}

/// What a statement gave.
struct PostgresRows: Equatable {
    var columns: [String] = []
    var rows: [[String?]] = []
    /// Rows that were changed or found.
    var affected = 0
}
