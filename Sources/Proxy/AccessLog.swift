import GatewayConfig
import HTTP1
import HTTPCore
import Operations
import Sessions
import Transport

/// One JSON (or text) line for each answered request, handed to the writer thread; never blocks the loop.
final class AccessLog {
    private let settings: LogSettings
    private let writer: LogWriter?
    private let process: ProcessLog
    private let loop: EventLoop
    private let isJSON: Bool
    private let excluded: [PathMatcher]
    private let line = ByteBuffer(capacity: 2048)
    private var time: [UInt8] = []

    init(settings: LogSettings, writer: LogWriter?, process: ProcessLog, isJSON: Bool, loop: EventLoop) {
        self.settings = settings
        self.writer = settings.access == .off ? nil : writer
        self.process = process
        self.isJSON = isJSON
        excluded = settings.exclude.map { PathMatcher($0) }
        self.loop = loop
    }

    var isOn: Bool { writer != nil }

    func access(_ exchange: Exchange, isTunnelOpening: Bool) {
        guard let writer else { return }
        if settings.access == .errors && !isError(exchange) { return }
        if isExcluded(exchange) { return }
        line.removeAll()
        if isJSON { writeJSON(exchange, isTunnelOpening) } else { writeText(exchange, isTunnelOpening) }
        _ = writer.append(line.readable)
    }

    private func isError(_ exchange: Exchange) -> Bool {
        exchange.status >= 500 || exchange.status == 429 || exchange.end == .upstreamAbort
            || exchange.end == .upstreamTimeout
    }

    private func isExcluded(_ exchange: Exchange) -> Bool {
        guard !settings.exclude.isEmpty, exchange.headLength > 0 else { return false }
        return exchange.withPath { path in excluded.contains { $0.matches(path) } }
    }

    private func appendTime() {
        time.removeAll(keepingCapacity: true)
        Timestamp.append(Clock.wallMilliseconds(), to: &time)
        line.append(time)
    }

    // MARK: JSON

    private func writeJSON(_ exchange: Exchange, _ isTunnelOpening: Bool) {
        line.append("{\"ts\":\"")
        appendTime()
        line.append("\",\"log\":\"access\",\"request_id\":\"")
        exchange.writeRequestID(into: line)
        line.append("\",\"client\":\"")
        writeClient(exchange)
        line.append("\",\"proto\":\"http/1.")
        line.append(decimal: exchange.head.minorVersion)
        line.append("\"")
        if exchange.headLength > 0 { writeRequest(exchange) }
        line.append(",\"status\":")
        line.append(decimal: exchange.status)
        line.append(",\"bytes_in\":")
        line.append(decimal: exchange.requestBodyBytes)
        line.append(",\"bytes_out\":")
        line.append(decimal: exchange.responseBytes)
        if exchange.headLength > 0, let agent = exchange.field(.userAgent) { string("ua", agent, limit: 120) }
        writeRoute(exchange)
        writeTimes(exchange)
        line.append(",\"end\":\"")
        line.append(text: isTunnelOpening ? "upgrade" : exchange.end.rawValue)
        line.append("\"}")
    }

    private func writeRequest(_ exchange: Exchange) {
        string("method", exchange.bytes(exchange.head.methodRange), limit: 24)
        string("host", exchange.bytes(exchange.head.host), limit: 100)
        exchange.withPath { string("path", $0, limit: 200) }
        guard let query = exchange.head.query, settings.query != .off else { return }
        let value = exchange.bytes(query)
        if settings.query == .full {
            string("query", value, limit: 200)
        } else {
            line.append(",\"query\":\"")
            writeQueryNames(value)
            line.append("\"")
        }
    }

    /// `a&b` of `a=1&b=2`: values may hold secrets.
    private func writeQueryNames(_ query: UnsafeRawBufferPointer) {
        var isValue = false
        for byte in query.prefix(200) {
            if byte == UInt8(ascii: "&") { isValue = false }
            if byte == UInt8(ascii: "=") { isValue = true }
            if !isValue { escape(byte) }
        }
    }

    private func writeRoute(_ exchange: Exchange) {
        if let site = exchange.site {
            line.append(",\"site\":\"")
            escape(text: site.name)
            line.append("\"")
        }
        if let route = exchange.route {
            line.append(",\"route\":\"")
            escape(text: route.settings.pattern.text)
            line.append("\"")
        }
        if let realm = exchange.realm {
            line.append(",\"realm\":\"")
            line.append(realm.name)
            line.append("\",\"auth\":\"")
            line.append(text: exchange.sessionResult.rawValue)
            line.append("\"")
        }
        if exchange.identity.isPresent {
            let view = exchange.identity.view
            let record = exchange.identity.record.readable
            string("user", view.userID.bytes(in: record), limit: 128)
            string("session", view.handle.bytes(in: record), limit: 16)
        }
        guard let server = exchange.server, let group = exchange.group else { return }
        line.append(",\"upstream\":\"")
        escape(text: group.settings.name)
        line.append("\",\"server\":\"")
        escape(text: server.label)
        line.append("\",\"upstream_status\":")
        line.append(decimal: exchange.upstreamStatus)
        line.append(",\"tries\":")
        line.append(decimal: exchange.attempts)
    }

    private func writeTimes(_ exchange: Exchange) {
        let now = Clock.monotonicMicroseconds()
        line.append(",\"t\":{\"total\":")
        milliseconds(now - exchange.startedMicroseconds)
        if exchange.firstByteMicroseconds > 0 {
            line.append(",\"first_byte\":")
            milliseconds(exchange.firstByteMicroseconds - exchange.startedMicroseconds)
        }
        line.append("}")
    }

    /// Microseconds as milliseconds with three decimals.
    private func milliseconds(_ microseconds: Int64) {
        let value = Int(max(microseconds, 0))
        line.append(decimal: value / 1_000)
        line.append(UInt8(ascii: "."))
        let rest = value % 1_000
        line.append(UInt8(truncatingIfNeeded: 48 + rest / 100))
        line.append(UInt8(truncatingIfNeeded: 48 + rest / 10 % 10))
        line.append(UInt8(truncatingIfNeeded: 48 + rest % 10))
    }

    private func writeClient(_ exchange: Exchange) {
        let client = exchange.clientAddress
        line.append(settings.clientAddress == .masked ? PeerAddress.masked(client) : client)
    }

    private func string(_ name: StaticString, _ value: UnsafeRawBufferPointer, limit: Int) {
        line.append(",\"")
        line.append(name)
        line.append("\":\"")
        for byte in value.prefix(limit) { escape(byte) }
        line.append("\"")
    }

    private func escape(text: String) { for byte in text.utf8 { escape(byte) } }

    /// JSON string escaping of a byte; what is not ASCII is shown as an escape of its value, so that a line is
    /// always valid UTF-8.
    private func escape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): line.append("\\\"")
        case UInt8(ascii: "\\"): line.append("\\\\")
        case 0x20...0x7e: line.append(byte)
        default:
            line.append("\\u00")
            line.append(Self.digit(byte >> 4))
            line.append(Self.digit(byte & 15))
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? 48 + value : 87 + value }

    // MARK: Text

    /// The same in a readable order; controls are escaped alike.
    private func writeText(_ exchange: Exchange, _ isTunnelOpening: Bool) {
        appendTime()
        line.append(" access ")
        writeClient(exchange)
        line.append(" ")
        if exchange.headLength > 0 {
            for byte in exchange.bytes(exchange.head.methodRange).prefix(24) { escape(byte) }
            line.append(" ")
            for byte in exchange.bytes(exchange.head.host).prefix(100) { escape(byte) }
            exchange.withPath { path in for byte in path.prefix(200) { escape(byte) } }
            line.append(" ")
        }
        line.append(decimal: exchange.status)
        line.append(" ")
        line.append(decimal: exchange.responseBytes)
        line.append(" ")
        milliseconds(Clock.monotonicMicroseconds() - exchange.startedMicroseconds)
        line.append("ms auth=")
        line.append(text: exchange.sessionResult.rawValue)
        line.append(" end=")
        line.append(text: isTunnelOpening ? "upgrade" : exchange.end.rawValue)
        line.append(" id=")
        exchange.writeRequestID(into: line)
    }

    // MARK: Process log

    func upstreamFault(_ exchange: Exchange, _ fault: UpstreamFault) {
        let text =
            switch fault {
            case .connect(let reason): reason
            case .connectTimeout: "connect timed out"
            case .closed: "closed the connection without an answer"
            case .responseTimeout: "no answer in time"
            case .malformed(let reason): "broken answer: \(reason)"
            case .overloaded: "every connection is busy"
            }
        let server = exchange.server?.label ?? "-"
        process.warning(
            "upstream failed",
            [
                "upstream": .text(exchange.group?.settings.name ?? "-"), "server": .text(server),
                "reason": .text(text),
            ])
    }
}
