internal import HTTPCore

/// What the header lines of one head said about framing and connection, counted until all of them are read.
struct HeadMarks: Sendable {
    var hostLines = 0
    var host = 0..<0
    var contentLengthLines = 0
    var transferEncodingLines = 0
    var hasClose = false
    var hasKeepAlive = false
    var hasUpgradeOption = false
    var upgradeLines = 0
    var listsWebSocket = false
    var expectsContinue = false
    var hasOtherExpectation = false
    var maxForwardsLines = 0
    var maxForwards = 0..<0

    /// A persistent connection by version and options (RFC 9112 section 9.3).
    func keepsAlive(minorVersion: Int) -> Bool {
        !hasClose && (minorVersion >= 1 || hasKeepAlive)
    }
}

/// How far a head is parsed.
enum Stage: Sendable {
    /// Before or in the start line, and no byte of a target seen.
    case begin
    /// In the target, which begins at `start`; the bytes before `scanned` belong to it.
    case target(start: Int, scanned: Int)
    case fields
    case complete(length: Int)
    /// Given up; the head says why.
    case failed
}
