/// An answer that the gateway makes itself.
struct Reply {
    var status: Int
    /// Complete lines, each with its end. The session's Set-Cookie comes first in a response (decision 16).
    private(set) var cookies: [UInt8] = []
    private(set) var lines: [UInt8] = []
    private(set) var body: [UInt8] = []
    private(set) var contentType: StaticString?
    /// Its address names its content, so it may be kept.
    var isKept = false
    /// The connection ends with this answer.
    var closes = false

    init(status: Int) { self.status = status }

    mutating func add(_ name: StaticString, _ value: [UInt8]) {
        name.withUTF8Buffer { lines.append(contentsOf: $0) }
        lines.append(contentsOf: [0x3a, 0x20])
        lines.append(contentsOf: value)
        lines.append(contentsOf: [0x0d, 0x0a])
    }

    mutating func add(_ name: StaticString, _ value: String) { add(name, Array(value.utf8)) }

    /// Adds complete lines, each with its end.
    mutating func addLines(_ bytes: [UInt8]) { lines.append(contentsOf: bytes) }

    /// `value` is all that follows `Set-Cookie: `.
    mutating func addCookie(_ value: [UInt8]) {
        cookies.append(contentsOf: "Set-Cookie: ".utf8)
        cookies.append(contentsOf: value)
        cookies.append(contentsOf: [0x0d, 0x0a])
    }

    mutating func setBody(_ bytes: [UInt8], _ type: StaticString) {
        body = bytes
        contentType = type
    }

    mutating func setBody(_ text: String, _ type: StaticString) { setBody(Array(text.utf8), type) }
}
