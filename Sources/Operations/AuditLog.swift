public import GatewayConfig
import Synchronization
import Transport

/// The audit log: a line for each event, always on, never folded or sampled.
///
/// Its lines go where access lines go, but have a queue of their own: a flood of requests must not push out the
/// line that tells who let it in. Like every log it drops lines, and counts them, rather than make anybody wait.
public final class AuditLog: Sendable {
    /// Fields of a line, in order. Never a password, a cookie, a ticket or a key.
    public typealias Fields = [(key: String, value: LogValue)]

    private static let capacity = 128 << 10
    private let writer: LogWriter
    private let style: LogStyle
    private let reportedDrops = Mutex(0)

    /// A log as `settings` want it.
    ///
    /// - Throws: `LogFailure` if the file cannot be opened or no thread can be started.
    public convenience init(_ settings: LogSettings) throws(LogFailure) {
        let destination = settings.requestDestination
        self.init(
            try LogWriter(destination, capacity: Self.capacity),
            isJSON: ProcessLog.isJSON(settings.format, destination))
    }

    /// A log on `writer`, as JSON or as text.
    public init(_ writer: LogWriter, isJSON: Bool) {
        self.writer = writer
        style = LogStyle(isJSON: isJSON, process: "", pid: 0)
    }

    /// Writes the line of an event that happened now.
    public func record(_ event: AuditEvent, _ fields: Fields) {
        writer.append(style.auditLine(event, fields, wallTime: Clock.wallMilliseconds()))
    }

    /// Lines that were dropped because nobody took them in time.
    public var dropped: Int { writer.dropped }

    /// Says in `log` if lines were dropped since the last time; call it about once a second.
    public func reportDrops(to log: ProcessLog) {
        let total = writer.dropped
        let fresh = reportedDrops.withLock { reported in
            defer { reported = total }
            return total - reported
        }
        guard fresh > 0 else { return }
        let reason = writer.failure == 0 ? "nobody reads them" : SystemError.text(writer.failure)
        log.error("audit lines were lost", ["lines": .number(fresh), "reason": .text(reason)])
    }

    /// Has the file opened anew under its name.
    public func reopen() { writer.reopen() }

    /// Waits until everything is written, at most `milliseconds`. For the end of the process.
    public func flush(milliseconds: Int) { writer.flush(milliseconds: milliseconds) }

    /// Writes what is there and ends. Nothing may be recorded after that.
    public func stop() { writer.stop() }
}

extension LogSettings {
    /// Where access and audit lines go; the latter also if there are none of the former.
    public var requestDestination: LogWriter.Destination {
        if case .file(let path) = access { .file(path: path) } else { .standardOutput }
    }
}
