import GatewayConfig

/// How a process log line looks.
struct LogStyle {
    let isJSON: Bool
    let process: String
    let pid: Int

    /// Bytes of a message that are shown; an escape is six at most, so that it fits whatever it is.
    private static let messageLimit = 512
    /// Bytes of a value that are shown, before escapes.
    private static let valueLimit = 1_024
    /// Room kept for what closes a line.
    private static let reserve = 2

    /// A line of less than `LogWriter.maximumWrite` bytes; fields that do not fit are left out.
    func line(
        _ level: LogSettings.Level, _ message: String, _ fields: [(key: String, value: LogValue)],
        wallTime: Int64
    ) -> [UInt8] {
        var line: [UInt8] = []
        line.reserveCapacity(256)
        appendHead(level, Self.cut(message, Self.messageLimit), wallTime, to: &line)
        appendFields(fields, to: &line)
        return line
    }

    /// A line of the audit log, of less than `LogWriter.maximumWrite` bytes; fields that do not fit are left out.
    func auditLine(
        _ event: AuditEvent, _ fields: [(key: String, value: LogValue)], wallTime: Int64
    ) -> [UInt8] {
        var line: [UInt8] = []
        line.reserveCapacity(256)
        if isJSON { line.append(contentsOf: "{\"ts\":\"".utf8) }
        Timestamp.append(wallTime, to: &line)
        line.append(contentsOf: (isJSON ? "\",\"log\":\"audit\",\"event\":\"" : " audit ").utf8)
        line.append(contentsOf: event.rawValue.utf8)
        if isJSON { line.append(UInt8(ascii: "\"")) }
        appendFields(fields, to: &line)
        return line
    }

    private func appendFields(_ fields: [(key: String, value: LogValue)], to line: inout [UInt8]) {
        for (key, value) in fields {
            let before = line.count
            appendField(key, value, to: &line)
            if line.count >= LogWriter.maximumWrite - Self.reserve { line.removeLast(line.count - before) }
        }
        if isJSON { line.append(UInt8(ascii: "}")) }
    }

    private func appendHead(
        _ level: LogSettings.Level, _ message: String, _ wallTime: Int64, to line: inout [UInt8]
    ) {
        if isJSON {
            line.append(contentsOf: "{\"ts\":\"".utf8)
            Timestamp.append(wallTime, to: &line)
            line.append(
                contentsOf: "\",\"log\":\"process\",\"level\":\"\(level.rawValue)\",\"process\":".utf8)
            JSONText.append(process, to: &line)
            line.append(contentsOf: ",\"pid\":\(pid),\"msg\":".utf8)
            JSONText.append(message, to: &line)
            return
        }
        Timestamp.append(wallTime, to: &line)
        let padding = String(repeating: " ", count: 7 - min(level.rawValue.utf8.count, 7))
        line.append(contentsOf: " \(level.rawValue)\(padding) \(process): ".utf8)
        JSONText.appendEscaped(message.unicodeScalars, to: &line)
    }

    private func appendField(_ key: String, _ value: LogValue, to line: inout [UInt8]) {
        if isJSON {
            line.append(UInt8(ascii: ","))
            JSONText.append(key, to: &line)
            line.append(UInt8(ascii: ":"))
        } else {
            line.append(UInt8(ascii: " "))
            JSONText.appendEscaped(key.unicodeScalars, to: &line)
            line.append(UInt8(ascii: "="))
        }
        switch value {
        case .number(let number): line.append(contentsOf: "\(number)".utf8)
        case .json(let bytes): line.append(contentsOf: bytes)
        case .flag(let flag): line.append(contentsOf: (flag ? "true" : "false").utf8)
        case .text(let text):
            if !isJSON, Self.isPlain(text) {
                line.append(contentsOf: text.utf8)
            } else {
                JSONText.append(Self.cut(text, Self.valueLimit), to: &line)
            }
        }
    }

    private static func isPlain(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= valueLimit
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != 0x22 && $0 != 0x5c && $0 != 0x3d }
    }

    private static func cut(_ text: String, _ limit: Int) -> String {
        guard text.utf8.count > limit else { return text }
        return String(decoding: text.utf8.prefix(limit), as: UTF8.self) + "…"
    }
}
