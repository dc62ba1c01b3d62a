/// What has just ended in a realm, as it is published on `SessionKeys.revoked`.
public enum Revocation: Sendable, Equatable {
    /// The session with this handle.
    case session([UInt8])
    /// All that was open in the name of the user with this id: its sessions ended, or its roles changed.
    case user([UInt8])

    /// Reads a message; nil for anything but `s:<handle>` and `u:<user id>`.
    public init?(message: UnsafeRawBufferPointer) {
        guard message.count > 2, message[1] == UInt8(ascii: ":") else { return nil }
        let name = [UInt8](message[2...])
        switch message[0] {
        case UInt8(ascii: "s") where SessionRecord.isHandle(name.span): self = .session(name)
        case UInt8(ascii: "u") where SessionRecord.isUserID(name.span): self = .user(name)
        default: return nil
        }
    }
}
