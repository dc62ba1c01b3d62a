public import GatewayConfig
import Glibc
import Transport

/// A gateway.conf, read from the disk or from wherever `source` has it.
public struct ConfigurationFile: ConfigurationProvider {
    /// Where it is.
    public let path: String
    private let source: any ConfigSource
    private let stateOverride: String?

    /// The file at `path`. `stateOverride` takes the place of its `state` directive.
    public init(path: String, source: any ConfigSource = SystemSource(), stateOverride: String? = nil) {
        self.path = path
        self.source = source
        self.stateOverride = stateOverride
    }

    /// Reads and checks it, and all that it includes.
    public func read() -> ConfigurationReading {
        let recording = RecordingSource(source)
        var reading = read(recording)
        reading.files = recording.paths
        return reading
    }

    private func read(_ recording: RecordingSource) -> ConfigurationReading {
        let result = loadSettings(path: path, source: recording, stateOverride: stateOverride)
        let report = DiagnosticFormat.text.render(result.diagnostics, path: path)
        if let unreadable = result.unreadable {
            return ConfigurationReading(
                settings: nil, summary: "\(path): \(unreadable.message)", isUnreadable: true)
        }
        guard let settings = result.settings else {
            let count = result.errorCount
            var reading = ConfigurationReading(
                settings: nil, report: report,
                summary: "the configuration has \(count == 1 ? "an error" : "\(count) errors")")
            reading.isForbidden = result.diagnostics.allSatisfy {
                $0.severity != .error || $0.message.hasSuffix(": " + SystemError.text(EACCES))
            }
            return reading
        }
        let head = Array(path.utf8) + [0] + Array((stateOverride ?? "").utf8) + [0]
        return ConfigurationReading(settings: settings, report: report, snapshot: head + recording.snapshot())
    }

    /// Reads again what `read` has recorded in a snapshot, without touching a file.
    static func replay(_ snapshot: [UInt8]) -> Settings? {
        let (_, snapshot) = TicketSecret.unstamped(snapshot)
        let parts = snapshot.split(separator: 0, maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let source = ReplaySource(snapshot: Array(parts[2])) else { return nil }
        let state = String(decoding: parts[1], as: UTF8.self)
        return loadSettings(
            path: String(decoding: parts[0], as: UTF8.self), source: source,
            stateOverride: state.isEmpty ? nil : state
        ).settings
    }

    /// The state directory of the gateway that runs with this file, also if the file has been broken since.
    public func runningStateDirectory() -> String {
        let result = loadSettings(path: path, source: source, stateOverride: stateOverride)
        return result.stateDirectory ?? "state"
    }
}
