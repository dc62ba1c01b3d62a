/// One thing that is wrong, or doubtful, in a configuration. Carries no secret.
public struct Diagnostic: Sendable, Equatable {
    /// How bad it is.
    public enum Severity: String, Sendable {
        /// The configuration cannot be used.
        case error
        /// It can be used, and probably does not do what was meant.
        case warning
    }

    /// Bytes of the line, and what they should be.
    public struct Replacement: Sendable, Equatable {
        /// Bytes of the line before them.
        public var offset: Int
        /// How many.
        public var count: Int
        /// What belongs there.
        public var text: String
    }

    /// Path of the file, as the load reached it.
    public var file: String
    /// 1-based; 1 also where the whole file is meant.
    public var line: Int
    /// 1-based, in characters.
    public var column: Int
    /// Error or warning.
    public var severity: Severity
    /// `E...` or `W...`: stable, see the reference.
    public var code: String
    /// One line, without a full stop.
    public var message: String
    /// What to do about it; a line each.
    public var hints: [String] = []
    /// What would put it right without anybody having to decide; nil for most.
    public var replacement: Replacement?
    /// The line of the file, fit for a terminal: no control characters, secrets as `•••`, cut where it is long;
    /// nil where the whole file is meant.
    public var sourceLine: String?
    /// Number of characters of `sourceLine` before the spot.
    public var sourceOffset = 0

    /// A diagnostic of a check beyond the file's own, without a line to show.
    public init(
        file: String, line: Int = 1, column: Int = 1, severity: Severity, code: String, message: String,
        hints: [String] = []
    ) {
        self.file = file
        self.line = line
        self.column = column
        self.severity = severity
        self.code = code
        self.message = message
        self.hints = hints
    }
}
