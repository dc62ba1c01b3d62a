/// Follows the frames of one direction of a WebSocket (RFC 6455, 5.2), to know where one ends. Looks at nothing but
/// their heads, and takes any bytes for frames: who breaks the protocol is the peers' business.
public struct WebSocketFrames: Sendable, Equatable {
    private enum Part: Sendable, Equatable {
        case start
        case length
        case extendedLength(left: Int)
        case mask(left: Int)
        case payload
    }

    private var part = Part.start
    private var payloadLeft: UInt64 = 0
    private var isMasked = false
    private var isClose = false
    /// Whether a whole Close frame went by, behind which nothing may come (RFC 6455, 5.5.1).
    public private(set) var hasClosed = false

    /// Before the first frame.
    public init() {}

    /// Whether the last byte was the last of a frame, or none came yet.
    public var isBetweenFrames: Bool { part == .start }

    /// Takes in `bytes`. With `toFrameEnd`, not beyond the end of the frame that has begun, and nothing if none has.
    ///
    /// - Returns: how many of the bytes were taken.
    public mutating func take(_ bytes: Span<UInt8>, toFrameEnd: Bool = false) -> Int {
        var position = 0
        while position < bytes.count {
            if toFrameEnd && isBetweenFrames { break }
            if part == .payload {
                let count = Int(min(payloadLeft, UInt64(bytes.count - position)))
                position += count
                payloadLeft -= UInt64(count)
                if payloadLeft == 0 { endFrame() }
            } else {
                takeHead(bytes[position])
                position += 1
            }
        }
        return position
    }

    private mutating func takeHead(_ byte: UInt8) {
        switch part {
        case .start:
            isClose = byte & 0x0f == 0x8
            part = .length
        case .length: beginLength(byte)
        case .extendedLength(let left):
            payloadLeft = payloadLeft << 8 | UInt64(byte)
            if left > 1 { part = .extendedLength(left: left - 1) } else { beginMask() }
        case .mask(let left):
            if left > 1 { part = .mask(left: left - 1) } else { beginPayload() }
        case .payload: break
        }
    }

    private mutating func beginLength(_ byte: UInt8) {
        isMasked = byte & 0x80 != 0
        payloadLeft = 0
        switch byte & 0x7f {
        case 126: part = .extendedLength(left: 2)
        case 127: part = .extendedLength(left: 8)
        case let length:
            payloadLeft = UInt64(length)
            beginMask()
        }
    }

    private mutating func beginMask() {
        if isMasked { part = .mask(left: 4) } else { beginPayload() }
    }

    private mutating func beginPayload() {
        if payloadLeft > 0 { part = .payload } else { endFrame() }
    }

    private mutating func endFrame() {
        part = .start
        if isClose { hasClosed = true }
    }
}
