/// Room that the TLS streams of one thread share: what OpenSSL writes stands here until it is sent or kept, so that a
/// connection holds nothing of its own and each turn of it is one system call.
public final class TLSScratch {
    /// A record's most bytes of plain text (RFC 8446, 5.1).
    static let recordSize = 16 << 10

    let sealed = ByteBuffer(capacity: 128 << 10)
    /// Two short pieces that go into one record.
    let plain = ByteBuffer(capacity: recordSize)

    /// Room for the calling thread.
    public init() {}
}
