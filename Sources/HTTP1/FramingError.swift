/// How the framing of a body breaks the grammar or a limit; the raw value is a word for the log. The end of
/// the message is then unknown, and the connection closes.
public enum FramingError: String, Error, Sendable, CaseIterable {
    /// No hexadecimal number of 1 to 16 digits up to 2^62.
    case chunkSize = "chunk_size"
    /// Chunk extensions outside the grammar of RFC 9112 section 7.1.1.
    case chunkExtension = "chunk_extension"
    /// Something other than CRLF where a line or a chunk ends.
    case lineEnd = "line_end"
    /// A size line that is too long, or framing out of proportion to its payload.
    case overhead
    /// A trailer line outside the grammar, or one with a name that framing, routing or identity rest on.
    case trailer
    /// Too many trailers or too large ones.
    case trailerSize = "trailer_size"
}

/// What comes next in the bytes of a body. Positions count from the first byte of the span.
public enum BodyPiece: Sendable, Equatable {
    /// Payload; go on from its upper bound. The bytes before it were framing.
    case payload(Range<Int>)
    /// All bytes before `consumed` are taken in; more are needed.
    case needMore(consumed: Int)
    /// The body ends before `consumed`; what follows belongs to the next message.
    case end(consumed: Int)
}
