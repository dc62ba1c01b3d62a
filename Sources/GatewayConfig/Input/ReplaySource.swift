/// Gives the answers that a `RecordingSource` kept. What was never asked is missing, unset or empty.
public struct ReplaySource: ConfigSource, Sendable {
    private let answers: SourceAnswers

    /// Reads what `RecordingSource.snapshot()` wrote; nil if the bytes are anything else.
    public init?(snapshot: [UInt8]) {
        guard let answers = SourceAnswers(encoded: snapshot) else { return nil }
        self.answers = answers
    }

    /// The recorded answer.
    public func read(path: String) -> Result<[UInt8], ConfigSourceError> {
        answers.files[path] ?? .failure(ConfigSourceError(message: "not in the recorded configuration"))
    }

    /// The recorded answer.
    public func list(glob: String) -> [String] { answers.globs[glob] ?? [] }

    /// The recorded answer.
    public func environment(_ name: String) -> String? { answers.variables[name] ?? nil }

    /// The recorded answer.
    public func permissions(path: String) -> UInt16? { answers.modes[path] ?? nil }
}
