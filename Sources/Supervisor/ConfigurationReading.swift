public import GatewayConfig

/// What reading the configuration gave.
public struct ConfigurationReading: Sendable {
    /// nil if there were errors.
    public var settings: Settings?
    /// Errors and warnings, rendered for people; empty if there are none.
    public var report: String
    /// One line that says how it went wrong.
    public var summary: String
    /// The file itself could not be read.
    public var isUnreadable: Bool
    /// All that is wrong is that files named in it may not be read.
    public var isForbidden = false
    /// Paths of the files that were read, or could not be.
    public var files: [String] = []
    /// All that was read, for workers to read the same again.
    public var snapshot: [UInt8]

    /// A reading.
    public init(
        settings: Settings?, report: String = "", summary: String = "", isUnreadable: Bool = false,
        snapshot: [UInt8] = []
    ) {
        self.settings = settings
        self.report = report
        self.summary = summary
        self.isUnreadable = isUnreadable
        self.snapshot = snapshot
    }
}

/// Where the configuration comes from.
public protocol ConfigurationProvider {
    /// The path to show.
    var path: String { get }
    /// Reads and checks it now.
    func read() -> ConfigurationReading
}
