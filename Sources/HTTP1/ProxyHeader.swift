/// The header of the PROXY protocol, by which a proxy that only moves bytes says whose bytes they are; version 1
/// (text) and version 2 (binary) of HAProxy's `proxy-protocol.txt`. Read strictly: what breaks its grammar is broken.
public struct ProxyHeader: Sendable, Equatable {
    /// Whose connection it is.
    public enum Source: Sendable, Equatable {
        /// The proxy's own (LOCAL): a health check.
        case proxy
        /// Somebody's whose address is not told, or is none of IP.
        case unknown
        /// The client's address: 16 bytes in network order, IPv4 mapped into IPv6.
        case address([UInt8])
    }

    /// Longest header in bytes that is taken, of version 2; one of version 1 has 107 at most.
    public static let longest = 4_096

    /// Bytes of the header; the client's follow.
    public var length: Int
    /// Whose connection it is.
    public var source: Source
    /// The client has spoken TLS to the proxy (PP2_TYPE_SSL).
    public var isOverTLS: Bool

    /// Its parts.
    public init(length: Int, source: Source, isOverTLS: Bool = false) {
        self.length = length
        self.source = source
        self.isOverTLS = isOverTLS
    }
}

/// What bytes at the beginning of a connection are.
public enum ProxyHeaderParse: Sendable, Equatable {
    /// A header may become of them.
    case incomplete
    /// They are no header, whatever follows.
    case absent
    /// A header that breaks the rules.
    case broken
    /// A header.
    case complete(ProxyHeader)
}

extension ProxyHeader {
    private static let text = Array("PROXY ".utf8)
    private static let signature: [UInt8] = [
        0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a,
    ]

    /// The header that `bytes`, all that has arrived so far, begin with.
    public static func parse(_ bytes: Span<UInt8>) -> ProxyHeaderParse {
        if bytes.isEmpty { return .incomplete }
        let mark = bytes[0] == text[0] ? text : signature
        for index in 0..<min(mark.count, bytes.count) where bytes[index] != mark[index] { return .absent }
        if bytes.count < mark.count { return .incomplete }
        return bytes[0] == text[0] ? parseText(bytes) : parseBinary(bytes)
    }
}
