import GatewayConfig
import HTTP1
import HTTPCore
import Operations
import Sessions
import Transport

/// One JSON (or text) line for each answered request, handed to the writer thread; never blocks the loop.
final class AccessLog {
    private let writer: LogWriter?
    private let process: ProcessLog
    private let isJSON: Bool
    private let tellsErrorsOnly: Bool
    private let masksClients: Bool
    private let query: LogSettings.Query
    private let excluded: [PathMatcher]
    private let hasExcluded: Bool
    private let storage = UnsafeMutableRawPointer.allocate(byteCount: LogLine.limit, alignment: 16)
    /// The time as last written, and its second; a line mostly comes within the same one.
    private var time: [UInt8] = []
    private var timeSecond = Int64.min

    init(settings: LogSettings, writer: LogWriter?, process: ProcessLog, isJSON: Bool) {
        self.writer = settings.access == .off ? nil : writer
        self.process = process
        self.isJSON = isJSON
        tellsErrorsOnly = settings.access == .errors
        masksClients = settings.clientAddress == .masked
        query = settings.query
        excluded = settings.exclude.map { PathMatcher($0) }
        hasExcluded = !excluded.isEmpty
    }

    deinit { storage.deallocate() }

    var isOn: Bool { writer != nil }

    func access(_ exchange: Exchange, isTunnelOpening: Bool) {
        guard let writer else { return }
        if tellsErrorsOnly && !isError(exchange) { return }
        if hasExcluded && isExcluded(exchange) { return }
        var line = LogLine(in: storage)
        if isJSON {
            writeJSON(exchange, isTunnelOpening, &line)
        } else {
            writeText(exchange, isTunnelOpening, &line)
        }
        if line.isWhole { writer.append(line.bytes) } else { writer.drop() }
    }

    private func isError(_ exchange: Exchange) -> Bool {
        exchange.status >= 500 || exchange.status == 429 || exchange.end == .upstreamAbort
            || exchange.end == .upstreamTimeout
    }

    private func isExcluded(_ exchange: Exchange) -> Bool {
        guard exchange.headLength > 0 else { return false }
        return exchange.withPath { path in excluded.contains { $0.matches(path) } }
    }

    private func writeTime(_ now: Int64, _ line: inout LogLine) {
        if now / 1_000 != timeSecond {
            timeSecond = now / 1_000
            time.removeAll(keepingCapacity: true)
            Timestamp.append(timeSecond * 1_000, to: &time)
            // Without ".000Z".
            time.removeLast(5)
        }
        line.append(time)
        line.append(thousandths: Int(now - timeSecond * 1_000))
        line.append("Z")
    }

    // MARK: JSON

    private func writeJSON(_ exchange: Exchange, _ isTunnelOpening: Bool, _ line: inout LogLine) {
        line.append("{\"ts\":\"")
        writeTime(exchange.worker.loop.wallNow, &line)
        line.append("\",\"log\":\"access\",\"request_id\":\"")
        exchange.withRequestID { line.append($0) }
        exchange.withTraceID {
            line.append("\",\"trace_id\":\"")
            line.append($0)
        }
        line.append("\",\"client\":\"")
        writeClient(exchange, &line)
        line.append("\",\"peer\":\"")
        writePeer(exchange, &line)
        line.append("\",\"proto\":\"http/1.")
        line.append(decimal: exchange.head.minorVersion)
        line.append("\"")
        if let version = exchange.connection.tlsVersion {
            line.append(",\"tls\":\"")
            line.append(version.text)
            line.append("\"")
        }
        if exchange.headLength > 0 { writeRequest(exchange, &line) }
        line.append(",\"status\":")
        line.append(decimal: exchange.status)
        line.append(",\"bytes_in\":")
        line.append(decimal: exchange.requestBodyBytes)
        line.append(",\"bytes_out\":")
        line.append(decimal: exchange.responseBytes)
        if exchange.headLength > 0, let agent = exchange.field(.userAgent) {
            line.field("ua", agent, limit: 120)
        }
        writeRoute(exchange, &line)
        writeUpstream(exchange, &line)
        writeTimes(exchange, &line)
        line.append(",\"end\":\"")
        line.append(isTunnelOpening ? "upgrade" : exchange.end.word)
        line.append("\"}")
    }

    private func writeRequest(_ exchange: Exchange, _ line: inout LogLine) {
        line.field("method", exchange.bytes(exchange.head.methodRange), limit: 24)
        line.field("host", exchange.bytes(exchange.head.host), limit: 100)
        exchange.withPath { line.field("path", $0, limit: 200) }
        guard let range = exchange.head.query, query != .off else { return }
        let value = exchange.bytes(range)
        if query == .full {
            line.field("query", value, limit: 200)
        } else {
            line.append(",\"query\":\"")
            writeQueryNames(value, &line)
            line.append("\"")
        }
    }

    /// `a&b` of `a=1&b=2`: values may hold secrets.
    private func writeQueryNames(_ query: UnsafeRawBufferPointer, _ line: inout LogLine) {
        var isValue = false
        for byte in query.prefix(200) {
            if byte == UInt8(ascii: "&") { isValue = false }
            if byte == UInt8(ascii: "=") { isValue = true }
            if !isValue { line.escape(byte) }
        }
    }

    private func writeRoute(_ exchange: Exchange, _ line: inout LogLine) {
        if let route = exchange.fixedRoute {
            route.use { line.append($0.logFields.raw) }
        } else if let site = exchange.fixedSite {
            site.use { line.append($0.logFields.raw) }
        }
        if let realm = exchange.fixedRealm {
            realm.use { line.append($0.logFields.raw) }
            line.append(exchange.sessionResult.word)
            line.append("\"")
        }
        guard exchange.identity.isPresent else { return }
        let view = exchange.identity.view
        let record = exchange.identity.record.readable
        line.field("user", view.userID.bytes(in: record), limit: 128)
        line.field("session", view.handle.bytes(in: record), limit: 16)
    }

    private func writeUpstream(_ exchange: Exchange, _ line: inout LogLine) {
        guard let server = exchange.fixedServer else { return }
        server.use { line.append($0.logFields.raw) }
        line.append(decimal: exchange.upstreamStatus)
        line.append(",\"tries\":")
        line.append(decimal: exchange.attempts)
    }

    private func writeTimes(_ exchange: Exchange, _ line: inout LogLine) {
        let times = exchange.times
        line.append(",\"t\":{\"total\":")
        line.append(milliseconds: times.total)
        line.append(",\"read\":")
        line.append(milliseconds: times.read)
        if times.auth >= 0 {
            line.append(",\"auth\":")
            line.append(milliseconds: times.auth)
        }
        if exchange.fixedServer != nil {
            line.append(",\"connect\":")
            line.append(milliseconds: times.connect)
        }
        if times.firstByte >= 0 {
            line.append(",\"first_byte\":")
            line.append(milliseconds: times.firstByte)
        }
        line.append(",\"own\":")
        line.append(milliseconds: times.own)
        line.append("}")
    }

    private func writeClient(_ exchange: Exchange, _ line: inout LogLine) {
        if masksClients {
            line.append(PeerAddress.masked(exchange.clientAddress))
        } else {
            exchange.withClientAddress { line.append($0) }
        }
    }

    /// Who has connected: the client, or the last proxy on its way.
    private func writePeer(_ exchange: Exchange, _ line: inout LogLine) {
        exchange.fixedConnection.use {
            line.append(masksClients ? PeerAddress.masked($0.peer.transport) : $0.peer.transport)
        }
    }

    // MARK: Text

    /// The same in a readable order; controls are escaped alike.
    private func writeText(_ exchange: Exchange, _ isTunnelOpening: Bool, _ line: inout LogLine) {
        writeTime(exchange.worker.loop.wallNow, &line)
        line.append(" access ")
        writeClient(exchange, &line)
        line.append(" ")
        if exchange.headLength > 0 {
            line.escape(exchange.bytes(exchange.head.methodRange), limit: 24)
            line.append(" ")
            line.escape(exchange.bytes(exchange.head.host), limit: 100)
            exchange.withPath { line.escape($0, limit: 200) }
            line.append(" ")
        }
        line.append(decimal: exchange.status)
        line.append(" ")
        line.append(decimal: exchange.responseBytes)
        line.append(" ")
        line.append(milliseconds: exchange.times.total)
        line.append("ms proto=http/1.")
        line.append(decimal: exchange.head.minorVersion)
        if let version = exchange.connection.tlsVersion {
            line.append(" tls=")
            line.append(version.text)
        }
        writeRouteText(exchange, &line)
        line.append(" end=")
        line.append(isTunnelOpening ? "upgrade" : exchange.end.word)
        line.append(" id=")
        exchange.withRequestID { line.append($0) }
    }

    private func writeRouteText(_ exchange: Exchange, _ line: inout LogLine) {
        if let route = exchange.fixedRoute {
            line.append(" route=")
            route.use { route in route.settings.pattern.text.utf8.forEach { line.escape($0) } }
        }
        line.append(" auth=")
        line.append(exchange.sessionResult.word)
        if exchange.identity.isPresent {
            let record = exchange.identity.record.readable
            line.append(" user=")
            line.escape(exchange.identity.view.userID.bytes(in: record), limit: 128)
            line.append(" session=")
            line.escape(exchange.identity.view.handle.bytes(in: record), limit: 16)
        }
        guard let server = exchange.fixedServer else { return }
        line.append(" server=")
        server.use { server in server.label.utf8.forEach { line.escape($0) } }
        line.append(" tries=")
        line.append(decimal: exchange.attempts)
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
            case .noServer(let reason): reason
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
