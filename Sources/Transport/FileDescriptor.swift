import Glibc

/// An open descriptor with one owner; closed when that owner lets it go.
public struct FileDescriptor: ~Copyable, Sendable {
    /// The number, for calls; never to be closed or kept.
    public let number: Int32

    /// Takes ownership of `number`.
    public init(_ number: Int32) { self.number = number }

    deinit { Glibc.close(number) }

    /// Gives ownership away.
    public consuming func release() -> Int32 {
        let number = self.number
        discard self
        return number
    }
}
