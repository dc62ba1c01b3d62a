import COpenSSL

/// What OpenSSL, or our look at its objects, has against something; words for people.
public struct TLSFailure: Error, CustomStringConvertible, Sendable {
    /// One line, without a full stop.
    public let description: String

    /// Whether it is the private key that is at fault.
    public let concernsKey: Bool

    /// A failure in these words.
    public init(_ description: String, concernsKey: Bool = false) {
        self.description = description
        self.concernsKey = concernsKey
    }

    /// The first error of OpenSSL's queue, which is emptied; `fallback` if there is none.
    static func queued(_ fallback: String) -> TLSFailure {
        let code = ERR_get_error()
        ERR_clear_error()
        guard code != 0, let text = ERR_reason_error_string(code) else { return TLSFailure(fallback) }
        return TLSFailure(String(cString: text))
    }
}

/// A version of the protocol.
public enum TLSVersion: Int32, Sendable {
    /// RFC 5246.
    case version12 = 0x0303
    /// RFC 8446.
    case version13 = 0x0304

    /// As logs write it.
    public var text: StaticString {
        switch self {
        case .version12: "1.2"
        case .version13: "1.3"
        }
    }
}
