/// Scheme of a web origin.
public enum WebScheme: Sendable, Equatable {
    /// Plain text.
    case http
    /// TLS.
    case https

    /// Port where none is written.
    public var defaultPort: UInt16 { self == .http ? 80 : 443 }
}

/// A tuple origin (RFC 6454): scheme, host and port.
public struct WebOrigin: Sendable, Equatable {
    /// Scheme.
    public let scheme: WebScheme
    /// Lower-case, without a trailing dot; an IPv6 literal in its brackets.
    public let host: [UInt8]
    /// Port, the default filled in.
    public let port: UInt16

    /// Reads `https://host[:port]`, as the Origin field and the configuration write it; nil for anything else,
    /// `null` among it.
    public init?(_ text: Span<UInt8>) {
        let scheme: WebScheme
        let start: Int
        if Self.starts(text, "https://") {
            (scheme, start) = (.https, 8)
        } else if Self.starts(text, "http://") {
            (scheme, start) = (.http, 7)
        } else {
            return nil
        }
        guard let authority = Authority(text, start..<text.count), !authority.hasEmptyPort else { return nil }
        self.scheme = scheme
        host = authority.host
        port = authority.port ?? scheme.defaultPort
    }

    /// Whether a Host field names this origin. `scheme` is the one the request came over, nil where a proxy in
    /// front may have ended TLS unseen: then only host and port count.
    public func isOwn(host text: Span<UInt8>, scheme: WebScheme?) -> Bool {
        if let scheme, scheme != self.scheme { return false }
        guard let authority = Authority(text, 0..<text.count) else { return false }
        return authority.host == host && (authority.port ?? self.scheme.defaultPort) == port
    }

    private static func starts(_ text: Span<UInt8>, _ prefix: String) -> Bool {
        text.count > prefix.utf8.count
            && Bytes.equalIgnoringCase(text, 0..<prefix.utf8.count, prefix.utf8.span)
    }
}

/// `host[:port]`, as in Host and Origin.
private struct Authority {
    let host: [UInt8]
    let port: UInt16?
    let hasEmptyPort: Bool

    init?(_ text: Span<UInt8>, _ range: Range<Int>) {
        var end = range.lowerBound
        let isBracketed = !range.isEmpty && text[range.lowerBound] == UInt8(ascii: "[")
        while end < range.upperBound {
            if text[end] == UInt8(ascii: isBracketed ? "]" : ":") { break }
            guard Self.isHostByte(text[end], inBrackets: isBracketed) else { return nil }
            end += 1
        }
        if isBracketed {
            guard end < range.upperBound else { return nil }
            end += 1
        }
        var name: [UInt8] = []
        for index in range.lowerBound..<end { name.append(Bytes.lower(text[index])) }
        if name.last == UInt8(ascii: ".") { name.removeLast() }
        guard !name.isEmpty, end == range.upperBound || text[end] == UInt8(ascii: ":") else { return nil }
        host = name
        hasEmptyPort = end + 1 == range.upperBound
        guard end + 1 < range.upperBound else {
            port = nil
            return
        }
        guard let number = Self.port(text, (end + 1)..<range.upperBound) else { return nil }
        port = number
    }

    private static func isHostByte(_ byte: UInt8, inBrackets: Bool) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."):
            true
        case UInt8(ascii: "-"), UInt8(ascii: "_"): !inBrackets
        case UInt8(ascii: ":"), UInt8(ascii: "["): inBrackets
        default: false
        }
    }

    private static func port(_ text: Span<UInt8>, _ range: Range<Int>) -> UInt16? {
        guard range.count <= 5 else { return nil }
        var number = 0
        for index in range {
            guard text[index] >= UInt8(ascii: "0"), text[index] <= UInt8(ascii: "9") else { return nil }
            number = number * 10 + Int(text[index] - UInt8(ascii: "0"))
        }
        return UInt16(exactly: number)
    }
}
