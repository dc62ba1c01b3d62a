import HTTP1
import Testing

@Suite struct WebSocketFramesTests {
    private func feed(_ frames: inout WebSocketFrames, _ bytes: [UInt8], toFrameEnd: Bool = false) -> Int {
        frames.take(bytes.span, toFrameEnd: toFrameEnd)
    }

    /// A frame's bytes; `mask` is any four bytes.
    private func frame(_ opcode: UInt8, _ count: Int, isMasked: Bool, minimal: Bool = true) -> [UInt8] {
        let bit: UInt8 = isMasked ? 0x80 : 0
        var bytes: [UInt8] = [0x80 | opcode]
        if minimal && count < 126 {
            bytes.append(bit | UInt8(count))
        } else if minimal && count < 65_536 {
            bytes += [bit | 126, UInt8(count >> 8), UInt8(count & 255)]
        } else {
            bytes.append(bit | 127)
            for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(count >> shift & 255)) }
        }
        if isMasked { bytes += [1, 2, 3, 4] }
        return bytes + [UInt8](repeating: 0x88, count: count)
    }

    @Test(arguments: [0, 1, 125, 126, 127, 65_535, 65_536, 70_000], [true, false])
    func `a frame of any length ends where it ends`(count: Int, isMasked: Bool) {
        for minimal in [true, false] {
            let bytes = frame(2, count, isMasked: isMasked, minimal: minimal)
            var frames = WebSocketFrames()
            #expect(frames.isBetweenFrames)
            for length in [1, 2, 3, bytes.count - 1] where length < bytes.count {
                var cut = frames
                #expect(feed(&cut, Array(bytes[..<length])) == length)
                #expect(!cut.isBetweenFrames)
                #expect(
                    feed(&cut, bytes[length...] + [0x81, 5], toFrameEnd: true) == bytes.count - length)
                #expect(cut.isBetweenFrames)
            }
            #expect(feed(&frames, Array(bytes)) == bytes.count)
            #expect(frames.isBetweenFrames)
        }
    }

    @Test func `however the bytes come, the frames end in the same places`() {
        var random = SplitRandom(state: 7)
        for _ in 0..<200 {
            var bytes: [UInt8] = []
            var ends: Set<Int> = [0]
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                let count = [0, 1, 100, 126, 300, 66_000].randomElement(using: &random) ?? 0
                let opcode = UInt8.random(in: 0...7, using: &random)
                bytes += frame(opcode, count, isMasked: .random(using: &random))
                ends.insert(bytes.count)
            }
            var frames = WebSocketFrames()
            var position = 0
            while position < bytes.count {
                let count = min(bytes.count - position, Int.random(in: 1...1_000, using: &random))
                #expect(feed(&frames, Array(bytes[position..<position + count])) == count)
                position += count
                #expect(frames.isBetweenFrames == ends.contains(position))
                #expect(!frames.hasClosed)
            }
        }
    }

    @Test func `a Close frame counts once it is whole`() {
        var frames = WebSocketFrames()
        let close = frame(8, 2, isMasked: true)
        _ = feed(&frames, Array(close.dropLast()))
        #expect(!frames.hasClosed)
        _ = feed(&frames, Array(close.suffix(1)))
        #expect(frames.hasClosed)
        var empty = WebSocketFrames()
        _ = feed(&empty, Array([0x88, 0]))
        #expect(empty.hasClosed)
    }

    @Test func `any bytes are taken without a trap`() {
        var random = SplitRandom(state: 11)
        for _ in 0..<2_000 {
            var bytes = (0..<40).map { _ in UInt8.random(in: 0...255, using: &random) }
            // The longest lengths there are.
            if Bool.random(using: &random) {
                bytes.replaceSubrange(0..<10, with: [0x82] + repeatElement(0xff, count: 9))
            }
            var frames = WebSocketFrames()
            #expect(feed(&frames, Array(bytes)) == bytes.count)
            let taken = feed(&frames, Array(bytes), toFrameEnd: true)
            #expect(0...bytes.count ~= taken)
        }
    }

    @Test func `between frames nothing more is taken`() {
        var frames = WebSocketFrames()
        #expect(feed(&frames, Array([0x81, 1, 2]), toFrameEnd: true) == 0)
    }

    @Test func `our Close frames are as RFC 6455 wants them`() {
        #expect(WebSocketClose.frame(code: 4001, reason: "bye") == [0x88, 5, 0x0f, 0xa1] + Array("bye".utf8))
        let masked = WebSocketClose.frame(code: 1001, mask: [1, 2, 3, 4])
        #expect(masked == [0x88, 0x82, 1, 2, 3, 4, 0x03 ^ 1, 0xe9 ^ 2])
        let long = WebSocketClose.frame(code: 4001, reason: String(repeating: "x", count: 500))
        #expect(long.count == 127 && long[1] == 125)
    }
}

/// Numbers from a seed.
private struct SplitRandom: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }
}
