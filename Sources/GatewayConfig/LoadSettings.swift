/// What came of reading a configuration.
public struct LoadResult: Sendable {
    /// The settings; nil if there is any error.
    public var settings: Settings?
    /// Everything found, sorted by file, line and column.
    public var diagnostics: [Diagnostic]
    /// Why the main file could not be read at all (exit status 66 rather than 78); nil if it was.
    public var unreadable: ConfigSourceError?
    /// Where the gateway keeps its files, as far as the file says it, also if there are errors elsewhere: for
    /// finding a gateway that runs although its file has been broken since. nil if there was no file to read.
    public var stateDirectory: String?

    /// Number of errors.
    public var errorCount: Int { diagnostics.count { $0.severity == .error } }
    /// Number of warnings.
    public var warningCount: Int { diagnostics.count - errorCount }
}

/// Reads the configuration at `path` and everything it includes. Never gives up at the first error: all that are
/// wrong are told at once.
///
/// `stateOverride` takes the place of the `state` directive (a relative one counts from the working directory).
/// Besides what the file asks for, the environment variables `STATE_DIRECTORY` and `GATEHOUSE_LOG_LEVEL` count. The
/// same answers of `source` always give the same result.
public func loadSettings(
    path: String, source: any ConfigSource, stateOverride: String? = nil
) -> LoadResult {
    let log = DiagnosticLog()
    let loader = FileLoader(source: source, log: log)
    let nodes = loader.load(path)
    var settings: Settings?
    if loader.mainError == nil {
        let block = Checker(log: log).check(nodes, isBroken: loader.isBroken)
        var builder = SettingsBuilder(block, log: log, source: source, isIncomplete: loader.isIncomplete)
        settings = builder.build(path: path, stateOverride: stateOverride)
    }
    return LoadResult(
        settings: log.hasErrors ? nil : settings, diagnostics: log.diagnostics(mainPath: path),
        unreadable: loader.mainError, stateDirectory: settings?.stateDirectory)
}
