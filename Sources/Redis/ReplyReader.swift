internal import CHiredis

/// Bytes in, replies out: hiredis' reader, with limits on what it may hold.
final class ReplyReader {
    enum Step {
        /// More bytes are needed.
        case incomplete
        /// A reply; good until the next step.
        case reply(RedisReply)
        /// This is not, or no acceptable, protocol. The reader is of no more use.
        case failed(String)
    }

    /// Most bytes that are kept of a reply that is not complete: a value, and room for what is around it.
    private static let backlogLimit = ReplyBuilder.valueLimit + 1024

    private let reader: UnsafeMutablePointer<redisReader>
    private let functions: UnsafeMutablePointer<redisReplyObjectFunctions>
    private let builder = ReplyBuilder()

    /// A reader at the start of a connection; nil if there is no memory for it.
    init?() {
        functions = .allocate(capacity: 1)
        functions.initialize(to: ReplyBuilder.makeFunctions())
        guard let reader = redisReaderCreateWithFunctions(functions) else {
            functions.deallocate()
            return nil
        }
        self.reader = reader
        reader.pointee.privdata = Unmanaged.passUnretained(builder).toOpaque()
    }

    deinit {
        redisReaderFree(reader)
        functions.deallocate()
    }

    /// Whether some bytes of a reply came, but not all.
    var isInsideReply: Bool {
        let state = reader.pointee
        // The reader makes its first task ready before it has a byte for it; the type is -1 until then.
        return state.len > state.pos || state.ridx > 0 || (state.ridx == 0 && state.rstack.0.type >= 0)
    }

    /// Takes bytes in; false if there is no memory for them.
    func feed(_ bytes: UnsafeRawBufferPointer) -> Bool {
        redisReaderFeed(reader, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
            == REDIS_OK
    }

    /// The next reply, if all of it has come.
    func next() -> Step {
        var object: UnsafeMutableRawPointer?
        guard redisReaderGetReply(reader, &object) == REDIS_OK else { return .failed(reason) }
        if object != nil { return .reply(builder.finish()) }
        let backlog = reader.pointee.len - reader.pointee.pos
        return backlog <= Self.backlogLimit ? .incomplete : .failed("a reply is too large")
    }

    private var reason: String {
        if builder.isOverLimit { return "a reply is too large" }
        return withUnsafeBytes(of: &reader.pointee.errstr) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}
