/// How large a head may be.
public struct HeadLimits: Sendable {
    /// Bytes of the whole head.
    public var headerSize: Int
    /// Field lines.
    public var headerCount: Int
    /// Bytes of the request target.
    public var uri: Int

    /// Limits of a head; the request target counts besides `headerSize`.
    public init(headerSize: Int, headerCount: Int, uri: Int) {
        self.headerSize = headerSize
        self.headerCount = headerCount
        self.uri = uri
    }
}
