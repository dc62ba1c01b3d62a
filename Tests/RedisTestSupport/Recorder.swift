public import Redis

/// Notes the outcomes it is told.
public final class Recorder: RedisReceiver {
    /// The outcomes in the order they came.
    public private(set) var outcomes: [(token: UInt64, outcome: Recorded)] = []
    /// Called after each was noted.
    public var onOutcome: ((UInt64) -> Void)?

    /// Notes an outcome.
    public func redisCompleted(_ token: UInt64, _ outcome: RedisOutcome) {
        outcomes.append((token, Recorded(outcome)))
        onOutcome?(token)
    }

    /// The outcomes of the calls under one token.
    public subscript(token: UInt64) -> [Recorded] { outcomes.filter { $0.token == token }.map(\.outcome) }
}

/// An outcome that keeps its bytes.
public indirect enum Recorded: Equatable, Sendable {
    case null, integer(Int64), bulk(String), status(String), error(String), array([Recorded]), outage(
        RedisOutage)

    /// Copies an outcome.
    public init(_ outcome: RedisOutcome) {
        switch outcome {
        case .unavailable(let outage): self = .outage(outage)
        case .reply(let reply): self.init(reply)
        }
    }

    /// Copies a reply.
    public init(_ reply: RedisReply) {
        switch reply {
        case .null: self = .null
        case .integer(let value): self = .integer(value)
        case .bulk(let bytes): self = .bulk(String(decoding: bytes, as: UTF8.self))
        case .status(let bytes): self = .status(String(decoding: bytes, as: UTF8.self))
        case .error(let bytes): self = .error(String(decoding: bytes, as: UTF8.self))
        case .array(let replies): self = .array(replies.map { Recorded($0) })
        }
    }
}
