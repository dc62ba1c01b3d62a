/// A secret and, where it came from a file, that file's path (for the re-read after NOAUTH/WRONGPASS).
public struct Secret: Sendable, Equatable {
    /// The secret, without a line end.
    public var bytes: [UInt8]
    /// File it was read from.
    public var path: String?
    /// Its parts.
    public init(bytes: [UInt8], path: String? = nil) {
        self.bytes = bytes
        self.path = path
    }
}
