public import GatewayConfig
import Glibc
import Synchronization
import Transport

/// What the process has to say about itself: one line a message, JSON or text, repeats folded.
///
/// The message is a constant text and the key under which repeats are folded; what varies goes into the fields.
public final class ProcessLog: Sendable {
    /// Fields of a line, in order.
    public typealias Fields = KeyValuePairs<String, LogValue>

    private struct State {
        var fold = RepeatFold()
        var reportedDrops = 0
    }

    private let writer: LogWriter
    private let style: LogStyle
    private let minimum: LogSettings.Level
    private let state = Mutex(State())

    /// A log of `process` (`master`, `worker 0`) on `writer`.
    ///
    /// GATEHOUSE_LOG_LEVEL in the environment, if it names a level, wins over `level`. `auto` is text on a
    /// terminal and JSON elsewhere.
    public init(
        _ writer: LogWriter, format: LogSettings.Format, level: LogSettings.Level, process: String
    ) {
        self.writer = writer
        style = LogStyle(
            isJSON: Self.isJSON(format, writer.destination), process: process, pid: Int(getpid()))
        let wish = getenv("GATEHOUSE_LOG_LEVEL").map { String(cString: $0) }
        minimum = wish.flatMap { LogSettings.Level(rawValue: $0) } ?? level
    }

    /// A human must act.
    public func error(_ message: String, _ fields: @autoclosure () -> Fields = [:]) {
        log(.error, message, fields())
    }

    /// Degraded, or it will be.
    public func warning(_ message: String, _ fields: @autoclosure () -> Fields = [:]) {
        log(.warning, message, fields())
    }

    /// A change of state.
    public func notice(_ message: String, _ fields: @autoclosure () -> Fields = [:]) {
        log(.notice, message, fields())
    }

    /// What normally happens.
    public func info(_ message: String, _ fields: @autoclosure () -> Fields = [:]) {
        log(.info, message, fields())
    }

    /// One connection's life.
    public func debug(_ message: String, _ fields: @autoclosure () -> Fields = [:]) {
        log(.debug, message, fields())
    }

    /// Whether lines of `level` are written, for callers whose fields cost something.
    public func isOn(_ level: LogSettings.Level) -> Bool { level.severity >= minimum.severity }

    /// Writes a line, unless `level` is below the minimum or the message repeats too often.
    public func log(
        _ level: LogSettings.Level, _ message: String, _ fields: @autoclosure () -> Fields = [:]
    ) {
        guard isOn(level) else { return }
        let now = Clock.monotonicMilliseconds()
        let (isAdmitted, summaries) = state.withLock { state in
            let summaries = state.fold.expire(now: now)
            return (state.fold.admit(message, now: now), summaries)
        }
        write(summaries)
        guard isAdmitted else { return }
        writeDrops()
        write(level, message, Array(fields()))
    }

    /// Writes a line that is not folded and has no level to pass: an answer to somebody who asked.
    public func dump(_ message: String, _ fields: [(String, LogValue)]) {
        write(.notice, message, fields.map { (key: $0.0, value: $0.1) })
    }

    /// Writes the counts of repeats whose window is over; call it about once a second.
    public func flushRepeats() {
        let now = Clock.monotonicMilliseconds()
        write(state.withLock { $0.fold.expire(now: now) })
    }

    /// Writes all counts of repeats, then waits at most `milliseconds` for the writer. For the end.
    public func finish(milliseconds: Int = 500) {
        write(state.withLock { $0.fold.expire(now: 0, all: true) })
        writer.flush(milliseconds: milliseconds)
    }

    /// Lines that were dropped because nobody took them in time.
    public var dropped: Int { writer.dropped }

    /// Has the log file opened anew.
    public func reopen() { writer.reopen() }

    private func write(_ summaries: [RepeatFold.Summary]) {
        for summary in summaries {
            write(
                .notice, "… \(summary.count) more in \(RepeatFold.window / 1_000) s",
                [
                    (key: "message", value: .text(summary.key)),
                    (key: "repeated", value: .number(summary.count)),
                ])
        }
    }

    private func writeDrops() {
        let total = writer.dropped
        let fresh = state.withLock { state in
            defer { state.reportedDrops = total }
            return total - state.reportedDrops
        }
        if fresh > 0 { write(.warning, "log lines were dropped", [(key: "lines", value: .number(fresh))]) }
    }

    private func write(
        _ level: LogSettings.Level, _ message: String, _ fields: [(key: String, value: LogValue)]
    ) {
        writer.append(style.line(level, message, fields, wallTime: Clock.wallMilliseconds()))
    }

    /// Whether lines in `format` that go to `destination` are JSON.
    static func isJSON(_ format: LogSettings.Format, _ destination: LogWriter.Destination) -> Bool {
        switch format {
        case .json: true
        case .text: false
        case .auto: !isTerminal(destination)
        }
    }

    /// Whether a person sees what goes to `destination`.
    public static func isTerminal(_ destination: LogWriter.Destination) -> Bool {
        switch destination {
        case .standardOutput: isatty(STDOUT_FILENO) == 1
        case .standardError: isatty(STDERR_FILENO) == 1
        case .file: false
        }
    }
}

extension LogSettings.Level {
    /// Rank: `trace` is 0.
    var severity: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
