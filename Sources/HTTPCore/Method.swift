/// Request methods that the gateway treats by name (RFC 9110 section 9.3); compared byte for byte.
public enum Method: UInt8, Sendable {
    case get
    case head
    case post
    case put
    case delete
    case options
    case patch
    case connect
    case trace
    /// A well-formed method without meaning here; forwarded as it came.
    case other

    /// The method spelled by `count` bytes at `start`; methods are case-sensitive.
    public static func of(_ bytes: Span<UInt8>, _ start: Int, _ count: Int) -> Method {
        guard count >= 3, count <= 7 else { return .other }
        var key: UInt64 = 0
        for index in start..<(start + count) { key = key &<< 8 | UInt64(bytes[index]) }
        switch key {
        case 0x47_4554: return .get
        case 0x50_5554: return .put
        case 0x4845_4144: return .head
        case 0x504f_5354: return .post
        case 0x50_4154_4348: return .patch
        case 0x54_5241_4345: return .trace
        case 0x4445_4c45_5445: return .delete
        case 0x4f_5054_494f_4e53: return .options
        case 0x43_4f4e_4e45_4354: return .connect
        default: return .other
        }
    }

    /// The request asks for nothing to change (RFC 9110 section 9.2.1).
    public var isSafe: Bool {
        switch self {
        case .get, .head, .options, .trace: true
        default: false
        }
    }

    /// Sending it twice does what sending it once does (RFC 9110 section 9.2.2).
    public var isIdempotent: Bool {
        switch self {
        case .put, .delete: true
        default: isSafe
        }
    }

    /// The method as sent; empty for `other`, whose bytes are in the request.
    public var name: String {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .delete: "DELETE"
        case .options: "OPTIONS"
        case .patch: "PATCH"
        case .connect: "CONNECT"
        case .trace: "TRACE"
        case .other: ""
        }
    }
}
