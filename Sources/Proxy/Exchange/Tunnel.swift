import HTTP1

/// Where the frames of a tunnel stand, and how far its end has come if we make it.
struct Tunnel {
    /// Milliseconds that a frame on its way may take when the tunnel is to close.
    static let patience: Int64 = 50

    private(set) var up = WebSocketFrames()
    private(set) var down = WebSocketFrames()
    /// The code for the client; nil unless we close the tunnel.
    private(set) var code: UInt16?
    /// When frames that are not whole by then are cut; monotonic milliseconds.
    private(set) var closingEnd: Int64?
    /// Whether nothing more goes to the client, or to the origin.
    var isClientDone = false
    var isOriginDone = false

    var isClosing: Bool { code != nil }

    /// Nothing more is relayed but the rest of frames that have begun.
    mutating func beginClosing(_ code: UInt16, until end: Int64) {
        self.code = code
        closingEnd = end
    }

    /// How many of the client's bytes go on to the origin.
    mutating func takeUp(_ bytes: UnsafeRawBufferPointer) -> Int {
        up.take(bytes.bindMemory(to: UInt8.self).span, toFrameEnd: isClosing)
    }

    /// How many of the origin's bytes go on to the client.
    mutating func takeDown(_ bytes: UnsafeRawBufferPointer) -> Int {
        down.take(bytes.bindMemory(to: UInt8.self).span, toFrameEnd: isClosing)
    }
}
