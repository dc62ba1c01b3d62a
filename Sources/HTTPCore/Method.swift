/// A request method. Compared byte for byte (RFC 9110, 9.1).
public enum Method: UInt8, Sendable {
    case get, head, post, put, delete, options, patch, connect, trace, other

    /// The method that the bytes name.
    public static func of(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Method {
        switch range.count {
        case 3:
            if bytes.equals(range, "GET") { return .get }
            return bytes.equals(range, "PUT") ? .put : .other
        case 4:
            if bytes.equals(range, "HEAD") { return .head }
            return bytes.equals(range, "POST") ? .post : .other
        case 5:
            if bytes.equals(range, "PATCH") { return .patch }
            return bytes.equals(range, "TRACE") ? .trace : .other
        case 6: return bytes.equals(range, "DELETE") ? .delete : .other
        case 7:
            if bytes.equals(range, "OPTIONS") { return .options }
            return bytes.equals(range, "CONNECT") ? .connect : .other
        default: return .other
        }
    }

    /// Whether repeating a request does no more than making it once (RFC 9110, 9.2.2).
    public var isIdempotent: Bool {
        switch self {
        case .get, .head, .put, .delete, .options, .trace: true
        case .post, .patch, .connect, .other: false
        }
    }

    /// Whether the method only reads (RFC 9110, 9.2.1).
    public var isSafe: Bool { self == .get || self == .head || self == .options || self == .trace }
}
