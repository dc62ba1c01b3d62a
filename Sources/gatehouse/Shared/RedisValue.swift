import Redis

/// A reply of Redis that is kept.
enum RedisValue {
    case null
    case integer(Int64)
    case bytes([UInt8])
    case list([RedisValue])
    /// What the server said.
    case refusal(String)

    init(_ reply: RedisReply) {
        switch reply {
        case .null: self = .null
        case .integer(let number): self = .integer(number)
        case .bulk(let bytes), .status(let bytes): self = .bytes(Array(bytes))
        case .error(let bytes): self = .refusal(String(decoding: bytes, as: UTF8.self))
        case .array(let parts): self = .list(parts.map { RedisValue($0) })
        }
    }

    /// Its elements; none if it is no list.
    var elements: [RedisValue] { if case .list(let parts) = self { parts } else { [] } }
    /// Its bytes, if it is a string.
    var bytes: [UInt8]? { if case .bytes(let bytes) = self { bytes } else { nil } }
    /// Its number, if it is one or the text of one.
    var number: Int64? {
        switch self {
        case .integer(let number): number
        case .bytes(let bytes): Int64(String(decoding: bytes, as: UTF8.self))
        default: nil
        }
    }
}
