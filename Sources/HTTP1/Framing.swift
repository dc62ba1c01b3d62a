import HTTPCore

/// How the end of a body is known (RFC 9112, 6).
public enum BodyFraming: Sendable, Equatable {
    /// There is no body.
    case none
    /// This many bytes.
    case length(Int)
    /// Chunks, ended by one of size 0.
    case chunked
    /// Until the connection ends; responses only.
    case untilClose
}

enum Framing {
    /// 1 to 18 ASCII digits as a number; nil for anything else (no sign, no blanks, no list).
    static func length(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int? {
        guard !range.isEmpty, range.count <= 18 else { return nil }
        var value = 0
        for index in range {
            let digit = bytes[index] &- 48
            guard digit < 10 else { return nil }
            value = value * 10 + Int(digit)
        }
        return value
    }
}
