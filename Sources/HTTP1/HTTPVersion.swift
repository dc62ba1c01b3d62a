internal import HTTPCore

/// `HTTP/x.y`, eight bytes and case-sensitive (RFC 9112 section 2.3).
struct HTTPVersion {
    enum Reading {
        case version(HTTPVersion)
        case incomplete
        case malformed
    }

    static let length = 8

    let major: Int
    let minor: Int

    /// The version at `start`, within the first `end` bytes. Wrong bytes are found before all eight are
    /// there.
    @inline(__always)
    static func read(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Reading {
        if start + length <= end, let word = ASCII.word(bytes, at: start) {
            // The two everybody sends: "HTTP/1.1" and "HTTP/1.0", first byte lowest.
            if word == 0x312e_312f_5054_5448 { return .version(HTTPVersion(major: 1, minor: 1)) }
            if word == 0x302e_312f_5054_5448 { return .version(HTTPVersion(major: 1, minor: 0)) }
        }
        return readSlowly(bytes, start, end)
    }

    @inline(never)
    private static func readSlowly(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Reading {
        let pattern = "HTTP/0.0".utf8.span
        for offset in 0..<length {
            guard start + offset < end else { return .incomplete }
            let byte = bytes[start + offset]
            let isRight = pattern[offset] == 0x30 ? ASCII.isDigit(byte) : byte == pattern[offset]
            guard isRight else { return .malformed }
        }
        return .version(
            HTTPVersion(major: Int(bytes[start + 5] - 0x30), minor: Int(bytes[start + 7] - 0x30)))
    }
}
