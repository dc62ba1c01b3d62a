/// Finds the payload in the bytes of a message body. Copies nothing and keeps no byte: each call says where
/// the next payload lies.
///
/// Chunked bodies are read as RFC 9112 section 7.1 has them and no other way; extensions and trailers are
/// checked and dropped.
public struct BodyDecoder: Sendable {
    /// Where in a body the decoder stands.
    private enum State: Sendable {
        case counted(remaining: Int)
        case untilClose
        case framing
        case chunk(remaining: Int)
        case done
    }

    private var state: State
    private var chunks: ChunkReader

    /// A decoder for one body. `limitsOverhead`: refuse a body whose chunk lines outweigh its payload, which
    /// costs the reader far more than the sender; right for clients, where an upstream may stream single
    /// bytes.
    public init(_ framing: BodyFraming, limitsOverhead: Bool = true) {
        chunks = ChunkReader(limitsOverhead: limitsOverhead)
        switch framing {
        case .none: state = .done
        case .length(let length): state = length > 0 ? .counted(remaining: length) : .done
        case .chunked: state = .framing
        case .untilClose: state = .untilClose
        }
    }

    /// The body has ended by its own framing.
    public var isComplete: Bool {
        if case .done = state { true } else { false }
    }

    /// Only the connection's end ends the body.
    public var endsWithConnection: Bool {
        if case .untilClose = state { true } else { false }
    }

    /// The connection ended, and with it a body that had no other end; any other body stays as it is.
    public mutating func finish() {
        if case .untilClose = state { state = .done }
    }

    /// Bytes still to come where the length was given; 0 once complete; nil where nobody knows.
    public var remaining: Int? {
        switch state {
        case .counted(let remaining): remaining
        case .done: 0
        default: nil
        }
    }

    /// What the bytes from `from` on are. Called again with `from` where the last answer ended; the bytes of
    /// one body must come in order, in however many spans.
    public mutating func next(_ bytes: Span<UInt8>, from: Int) throws(FramingError) -> BodyPiece {
        switch state {
        case .done: return .end(consumed: from)
        case .untilClose:
            return from < bytes.count ? .payload(from..<bytes.count) : .needMore(consumed: from)
        case .counted(let remaining):
            let count = min(remaining, bytes.count - from)
            guard count > 0 else { return .needMore(consumed: from) }
            state = count == remaining ? .done : .counted(remaining: remaining - count)
            return .payload(from..<(from + count))
        case .chunk(let remaining): return payload(bytes, from, remaining)
        case .framing: return try framing(bytes, from)
        }
    }

    private mutating func payload(_ bytes: Span<UInt8>, _ from: Int, _ remaining: Int) -> BodyPiece {
        let count = min(remaining, bytes.count - from)
        guard count > 0 else { return .needMore(consumed: from) }
        state = count == remaining ? .framing : .chunk(remaining: remaining - count)
        chunks.notePayload(count)
        return .payload(from..<(from + count))
    }

    private mutating func framing(_ bytes: Span<UInt8>, _ from: Int) throws(FramingError) -> BodyPiece {
        var index = from
        while index < bytes.count {
            let step = try chunks.take(bytes[index])
            index += 1
            switch step {
            case .more: continue
            case .chunk(let size):
                guard index < bytes.count else {
                    state = .chunk(remaining: size)
                    return .needMore(consumed: index)
                }
                return payload(bytes, index, size)
            case .end:
                state = .done
                return .end(consumed: index)
            }
        }
        return .needMore(consumed: index)
    }
}
