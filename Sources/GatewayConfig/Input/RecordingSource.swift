/// Passes questions on to another source and keeps the answers: the master reads the configuration through it and
/// hands `snapshot()` to the workers, which replay the very same load without touching a file.
///
/// A question asked twice gets the first answer, so one load never sees two states of a file.
public final class RecordingSource: ConfigSource {
    private let base: any ConfigSource
    private var answers = SourceAnswers()

    /// Records what `base` answers.
    public init(_ base: any ConfigSource) { self.base = base }

    /// The file's bytes, as first seen.
    public func read(path: String) -> Result<[UInt8], ConfigSourceError> {
        if let known = answers.files[path] { return known }
        let answer = base.read(path: path)
        answers.files[path] = answer
        return answer
    }

    /// The paths, as first seen.
    public func list(glob: String) -> [String] {
        if let known = answers.globs[glob] { return known }
        let answer = base.list(glob: glob)
        answers.globs[glob] = answer
        return answer
    }

    /// The variable, as first seen.
    public func environment(_ name: String) -> String? {
        if let known = answers.variables[name] { return known }
        let answer = base.environment(name)
        answers.variables[name] = .some(answer)
        return answer
    }

    /// The mode, as first seen.
    public func permissions(path: String) -> UInt16? {
        if let known = answers.modes[path] { return known }
        let answer = base.permissions(path: path)
        answers.modes[path] = .some(answer)
        return answer
    }

    /// What the base says. Not recorded: whoever replays has nothing to tell anybody.
    public func inspect(certificate: [UInt8], key: [UInt8]) -> Result<CertificateFacts, CertificateFault>? {
        base.inspect(certificate: certificate, key: key)
    }

    /// What the base says.
    public func inspect(authorities: [UInt8]) -> String? { base.inspect(authorities: authorities) }

    /// Paths of the files read so far, sorted bytewise: what to watch for changes.
    public var paths: [String] {
        answers.files.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Every answer so far, for `ReplaySource`. Secrets are in it as they are; keep it in memory. The same answers
    /// always give the same bytes.
    public func snapshot() -> [UInt8] { answers.encoded() }
}
