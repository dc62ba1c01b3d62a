import Secrets
import Supervisor
import Transport

/// A WebSocket that says back what it hears (RFC 6455). Frames of any length pass through a small buffer.
final class WebSocketEcho: StreamHandler {
    /// A frame whose payload is under way.
    private struct Frame {
        var opcode: UInt8
        var left: Int
        var mask: [UInt8]
        var position = 0
    }

    private var stream: Stream?
    private var frame: Frame?
    private var hasClosed = false

    static func start(_ exchange: PlainExchange) {
        guard let key = exchange.request["sec-websocket-key"],
            exchange.request["sec-websocket-version"] == "13"
        else {
            exchange.answer(.text(400, "not a WebSocket handshake\n"))
            return
        }
        let echo = WebSocketEcho()
        guard let stream = exchange.takeOver(echo) else { return }
        let hash = SHA1.hash(Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8))
        let accept = String(decoding: Base64.encode(hash), as: UTF8.self)
        echo.stream = stream
        echo.write(
            Array(
                """
                HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                Sec-WebSocket-Accept: \(accept)\r\n\r\n
                """.utf8))
        echo.advance()
    }

    override func onReadable(_ stream: Stream) { advance() }

    override func onDrained(_ stream: Stream) {
        stream.resume()
        advance()
    }

    override func onEnd(_ stream: Stream) { stream.closeAfterFlush(lingering: false) }

    private func advance() {
        guard let stream else { return }
        while !hasClosed, let input = stream.input, !input.isEmpty {
            if stream.isAboveHighWater {
                stream.pause()
                return
            }
            guard frame == nil ? readHead(input) : readPayload(input) else { return }
        }
    }

    /// Whether to go on.
    private func readHead(_ input: StreamInput) -> Bool {
        let bytes = input.readable
        guard bytes.count >= 2 else { return false }
        let opcode = bytes[0] & 0x0f
        // A client always masks (5.1), and a control frame is short (5.5).
        guard bytes[1] & 0x80 != 0, opcode < 8 || bytes[1] & 0x7f <= 125 else { return fail() }
        let short = Int(bytes[1] & 0x7f)
        let lengthBytes = short == 126 ? 2 : short == 127 ? 8 : 0
        guard bytes.count >= 6 + lengthBytes else { return false }
        var length = lengthBytes == 0 ? short : 0
        for byte in bytes[2..<2 + lengthBytes] {
            guard length < 1 << 48 else { return fail() }
            length = length << 8 | Int(byte)
        }
        // A control frame is answered in one piece.
        if opcode >= 8, bytes.count < 6 + length { return false }
        let mask = Array(bytes[2 + lengthBytes..<6 + lengthBytes])
        var head = [opcode == 9 ? 0x8a : bytes[0] & 0x8f, UInt8(short)]
        head.append(contentsOf: bytes[2..<2 + lengthBytes])
        stream?.consume(6 + lengthBytes)
        frame = Frame(opcode: opcode, left: length, mask: mask)
        // An unasked pong needs no answer (5.5.3).
        if opcode != 10 { write(head) }
        if length == 0 { endFrame() }
        return true
    }

    private func readPayload(_ input: StreamInput) -> Bool {
        guard var frame else { return true }
        let count = min(frame.left, input.count)
        var payload = Array(input.readable[..<count])
        for index in payload.indices { payload[index] ^= frame.mask[(frame.position + index) & 3] }
        if frame.opcode != 10 { write(payload) }
        stream?.consume(count)
        frame.left -= count
        frame.position += count
        self.frame = frame
        if frame.left == 0 { endFrame() }
        return true
    }

    private func endFrame() {
        if frame?.opcode == 8 {
            hasClosed = true
            stream?.closeAfterFlush(lingering: true)
        }
        frame = nil
    }

    private func fail() -> Bool {
        hasClosed = true
        write([0x88, 2, 0x03, 0xea])
        stream?.closeAfterFlush(lingering: true)
        return false
    }

    private func write(_ bytes: [UInt8]) { bytes.withUnsafeBytes { stream?.write($0) } }
}
