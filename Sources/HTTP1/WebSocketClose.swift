/// A Close frame (RFC 6455, 5.5.1).
public enum WebSocketClose {
    /// Most bytes of a reason: what a control frame takes, less the code (RFC 6455, 5.5).
    public static let reasonLimit = 123

    /// The frame with `code` and as much of `reason`, which is ASCII, as a frame takes.
    ///
    /// - Parameter mask: four unpredictable bytes in a frame to a server, nil in one to a client (RFC 6455, 5.1).
    public static func frame(code: UInt16, reason: String = "", mask: [UInt8]? = nil) -> [UInt8] {
        let payload = [UInt8(code >> 8), UInt8(code & 0xff)] + reason.utf8.prefix(reasonLimit)
        guard let mask, mask.count == 4 else { return [0x88, UInt8(payload.count)] + payload }
        var frame = [0x88, 0x80 | UInt8(payload.count)] + mask
        for index in payload.indices { frame.append(payload[index] ^ mask[index % 4]) }
        return frame
    }
}
