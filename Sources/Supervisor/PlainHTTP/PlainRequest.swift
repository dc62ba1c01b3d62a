import HTTP1
import HTTPCore

/// A request to one of the gateway's small servers, as text; bytes that are not UTF-8 come as U+FFFD.
public struct PlainRequest: Sendable {
    /// `GET`.
    public let method: String
    /// As it came, not decoded.
    public let path: String
    /// Without its `?`.
    public let query: String?
    /// Names as they came and values, in order.
    public let fields: [(name: String, value: String)]
    /// Bytes of the body, which were read and dropped.
    public internal(set) var bodyCount = 0
    /// Whether it asks for a WebSocket (RFC 6455, 4.1).
    public let isWebSocket: Bool
    let keepsAlive: Bool

    /// A request without fields that was read already, and whose answer is the last of its connection.
    init(answeredLast method: String, path: String) {
        self.method = method
        self.path = path
        query = nil
        fields = []
        isWebSocket = false
        keepsAlive = false
    }

    init(_ head: RequestHead, _ bytes: Span<UInt8>) {
        func text(_ range: Range<Int>) -> String {
            var copy: [UInt8] = []
            copy.reserveCapacity(range.count)
            for index in range { copy.append(bytes[index]) }
            return String(decoding: copy, as: UTF8.self)
        }
        method = text(head.methodRange)
        path = text(head.path)
        query = head.query.map(text)
        fields = head.fields.map { (text($0.name), text($0.value)) }
        isWebSocket = head.upgradesToWebSocket
        keepsAlive = head.keepsAlive
    }

    /// The value of the first field of that name, whatever its case; `name` in lower case.
    public subscript(name: String) -> String? {
        fields.first { $0.name.lowercased() == name }?.value
    }

    /// Whether the client would rather have `type` than JSON.
    public func prefers(_ type: String) -> Bool { self["accept"]?.contains(type) ?? false }
}

/// An answer of one of the gateway's small servers.
public struct PlainResponse: Sendable {
    /// The status code.
    public var status: Int
    /// The media type.
    public var type: String
    /// Further fields, each a complete line without its end.
    public var lines: [String] = []
    /// The content.
    public var body: [UInt8]

    /// An answer.
    public init(status: Int, type: String, body: [UInt8], lines: [String] = []) {
        self.status = status
        self.type = type
        self.body = body
        self.lines = lines
    }

    /// Plain text.
    public static func text(_ status: Int, _ text: String) -> PlainResponse {
        PlainResponse(status: status, type: "text/plain; charset=utf-8", body: Array(text.utf8))
    }

    /// JSON.
    public static func json(_ status: Int, _ body: [UInt8]) -> PlainResponse {
        PlainResponse(status: status, type: "application/json", body: body)
    }

    func head(keepsAlive: Bool) -> [UInt8] {
        var text = "Content-Type: \(type)\r\nContent-Length: \(body.count)\r\nCache-Control: no-store\r\n"
        for line in lines { text += line + "\r\n" }
        text += keepsAlive ? "\r\n" : "Connection: close\r\n\r\n"
        return StatusLine.bytes(for: status) + Array(text.utf8)
    }
}
