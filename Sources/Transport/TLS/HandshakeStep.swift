/// How far a handshake has come.
enum HandshakeStep {
    /// The peer's next.
    case waiting
    /// Bytes can flow.
    case done
    /// It failed; the error number for `onFailure`.
    case failed(Int32)
    /// The peer began with text instead.
    case plainText
}
