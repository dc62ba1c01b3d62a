/// What master and workers say to each other over the control pipe: a line of text each.
public enum ControlMessage: Sendable, Equatable {
    /// Worker: it serves.
    case ready
    /// Worker: it cannot start, and why.
    case failed(String)
    /// Worker: it listens no more, after `drain`.
    case draining
    /// Worker: its loop turns, after `ping`.
    case pong
    /// Master: newer workers have taken over. Stop listening, finish what runs, however long it takes.
    case drain
    /// Master: the gateway ends. Stop listening, finish what runs in so many milliseconds, cut the rest.
    case terminate(graceMilliseconds: Int)
    /// Master: open the log files anew.
    case reopenLogs
    /// Master: write the state to the log.
    case dump
    /// Master: say whether the loop turns.
    case ping

    /// Most bytes of a line.
    static let maximumLine = 2_048

    /// The line, with its end.
    var line: [UInt8] {
        let text: String
        switch self {
        case .ready: text = "READY"
        case .failed(let reason): text = "FAILED " + Self.oneLine(reason)
        case .draining: text = "DRAINING"
        case .pong: text = "PONG"
        case .drain: text = "DRAIN"
        case .terminate(let grace): text = "TERM \(grace)"
        case .reopenLogs: text = "REOPEN"
        case .dump: text = "DUMP"
        case .ping: text = "PING"
        }
        return Array(text.utf8) + [0x0a]
    }

    /// Reads a line without its end; nil for what nobody of the same version says.
    init?(line: some Collection<UInt8>) {
        let text = String(decoding: line, as: UTF8.self)
        switch text {
        case "READY": self = .ready
        case "DRAINING": self = .draining
        case "PONG": self = .pong
        case "DRAIN": self = .drain
        case "REOPEN": self = .reopenLogs
        case "DUMP": self = .dump
        case "PING": self = .ping
        default:
            if text.hasPrefix("FAILED ") {
                self = .failed(String(text.dropFirst("FAILED ".count)))
            } else if text.hasPrefix("TERM "), let grace = Int(text.dropFirst("TERM ".count)), grace >= 0 {
                self = .terminate(graceMilliseconds: grace)
            } else {
                return nil
            }
        }
    }

    private static func oneLine(_ reason: String) -> String {
        let bytes = reason.utf8.prefix(maximumLine - 16).map { $0 < 0x20 ? 0x20 : $0 }
        return String(decoding: bytes, as: UTF8.self)
    }
}
