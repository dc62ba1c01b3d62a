/// How large a message head may be.
public struct HeadLimits: Sendable, Equatable {
    /// Bytes of a head, from its first byte to the empty line's end, without the request target.
    public let headerSize: Int

    /// Header lines.
    public let headerCount: Int

    /// Bytes of the request target; responses have none.
    public let uri: Int

    /// Sizes are kept within 0 to 1 GiB, which is as far as offsets in a `FieldLine` must reach.
    public init(headerSize: Int, headerCount: Int, uri: Int) {
        self.headerSize = min(max(headerSize, 0), 1 << 30)
        self.headerCount = headerCount
        self.uri = min(max(uri, 0), 1 << 30)
    }
}
