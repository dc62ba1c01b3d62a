import HTTPCore

/// A body whose framing is broken.
public struct FramingError: Error, Sendable, Equatable {
    /// What is wrong, for logs.
    public enum Reason: String, Sendable { case size, line, overhead, trailer }
    /// What is wrong.
    public let reason: Reason
}

/// What comes next in a body.
public enum BodyPiece: Sendable, Equatable {
    /// Bytes of the body; go on behind them.
    case payload(Range<Int>)
    /// More bytes are needed; those up to `consumed` are done with.
    case needMore(consumed: Int)
    /// The body is over; its last byte of framing stands before `consumed`.
    case end(consumed: Int)
}

/// Finds a body's bytes in a stream (RFC 9112, 6 and 7). Pure: it keeps a position, never bytes.
public struct BodyDecoder: Sendable {
    private enum State: Sendable { case length, untilClose, size, data, dataEnd, trailer, done }

    /// Bytes of size lines in all, beyond what the chunks carry: then they cost more than they are worth.
    static let overheadLimit = 100 << 10
    /// Bytes of one size line.
    static let lineLimit = 256 + 18
    /// Bytes of the trailer section.
    static let trailerLimit = 8 << 10

    private var state: State
    private var left = 0
    private var overhead = 0
    private var trailerBytes = 0

    /// A decoder at the body's beginning.
    public init(_ framing: BodyFraming) {
        switch framing {
        case .none: state = .done
        case .length(let length):
            state = length > 0 ? .length : .done
            left = length
        case .chunked: state = .size
        case .untilClose: state = .untilClose
        }
    }

    /// The whole body, and the framing behind it, went by.
    public var isComplete: Bool { state == .done }
    /// Only the connection's end ends the body.
    public var endsWithConnection: Bool { state == .untilClose }
    /// Bytes to come, where that is known.
    public var remaining: Int? {
        switch state {
        case .length: left
        case .done: 0
        default: nil
        }
    }

    /// The connection ended, and with it a body that had no other end.
    public mutating func finish() { if state == .untilClose { state = .done } }

    /// What stands at `start`.
    public mutating func next(_ bytes: Span<UInt8>, from start: Int) throws(FramingError) -> BodyPiece {
        var position = start
        while true {
            switch state {
            case .done: return .end(consumed: position)
            case .length, .untilClose, .data:
                guard position < bytes.count else { return .needMore(consumed: position) }
                return payload(bytes.count, position)
            case .dataEnd:
                guard let next = try crlf(bytes, position) else { return .needMore(consumed: position) }
                position = next
                state = .size
            case .size:
                guard let next = try sizeLine(bytes, position) else { return .needMore(consumed: position) }
                position = next
            case .trailer:
                guard let next = try trailerLine(bytes, position) else {
                    return .needMore(consumed: position)
                }
                position = next
            }
        }
    }

    private mutating func payload(_ end: Int, _ position: Int) -> BodyPiece {
        if state == .untilClose { return .payload(position..<end) }
        let count = min(left, end - position)
        left -= count
        if left == 0 { state = state == .data ? .dataEnd : .done }
        return .payload(position..<position + count)
    }

    private func crlf(_ bytes: Span<UInt8>, _ position: Int) throws(FramingError) -> Int? {
        guard position < bytes.count else { return nil }
        guard bytes[position] == 0x0d else { throw FramingError(reason: .line) }
        guard position + 1 < bytes.count else { return nil }
        guard bytes[position + 1] == 0x0a else { throw FramingError(reason: .line) }
        return position + 2
    }

    /// `1*HEXDIG [;extensions] CRLF`; extensions are looked at and dropped. nil: not whole yet.
    private mutating func sizeLine(_ bytes: Span<UInt8>, _ start: Int) throws(FramingError) -> Int? {
        var index = start
        var size = 0
        while index < bytes.count {
            let digit = ASCII.hexValue(bytes[index])
            if digit == 255 { break }
            guard index - start < 16, size < 1 << 58 else { throw FramingError(reason: .size) }
            size = size << 4 | Int(digit)
            index += 1
        }
        guard index < bytes.count else { return nil }
        guard index > start else { throw FramingError(reason: .size) }
        if bytes[index] == UInt8(ascii: ";") {
            guard let end = try extensions(bytes, index, start) else { return nil }
            index = end
        }
        guard let next = try crlf(bytes, index) else { return nil }
        try count(next - start, paidBy: size)
        left = size
        state = size == 0 ? .trailer : .data
        return next
    }

    /// A chunk's bytes pay for as many bytes of its size line.
    private mutating func count(_ bytes: Int, paidBy size: Int) throws(FramingError) {
        overhead += max(0, bytes - size)
        if overhead > Self.overheadLimit { throw FramingError(reason: .overhead) }
    }

    /// `*( BWS ";" BWS name [ "=" value ] )`, values may be quoted (RFC 9112, 7.1.1). Returns where the CR stands.
    private func extensions(
        _ bytes: Span<UInt8>, _ start: Int, _ lineStart: Int
    ) throws(FramingError) -> Int? {
        var index = start
        var isQuoted = false
        var hasName = true
        while index < bytes.count {
            let byte = bytes[index]
            guard index - lineStart < Self.lineLimit else { throw FramingError(reason: .overhead) }
            if isQuoted {
                guard byte >= 0x20 && byte != 0x7f || byte == 0x09 else { throw FramingError(reason: .line) }
                if byte == UInt8(ascii: "\\") { index += 1 }
                if byte == UInt8(ascii: "\"") { isQuoted = false }
            } else if byte == 0x0d {
                guard hasName else { throw FramingError(reason: .line) }
                return index
            } else if byte == UInt8(ascii: "\"") {
                isQuoted = true
            } else if byte == UInt8(ascii: ";") {
                hasName = false
            } else if ASCII.isToken(byte) {
                hasName = true
            } else {
                guard byte == UInt8(ascii: "=") || ASCII.isBlank(byte) else {
                    throw FramingError(reason: .line)
                }
            }
            index += 1
        }
        return nil
    }

    /// A trailer field, or the empty line that ends the body. Trailers are dropped, but must be well formed.
    private mutating func trailerLine(_ bytes: Span<UInt8>, _ start: Int) throws(FramingError) -> Int? {
        var index = start
        while index < bytes.count && bytes[index] != 0x0d {
            let byte = bytes[index]
            guard byte >= 0x20 && byte != 0x7f || byte == 0x09 else { throw FramingError(reason: .trailer) }
            index += 1
        }
        guard index - start + trailerBytes <= Self.trailerLimit else { throw FramingError(reason: .trailer) }
        guard let next = try crlf(bytes, index) else { return nil }
        if index == start {
            state = .done
            return next
        }
        trailerBytes += next - start
        var colon = start
        while colon < index && ASCII.isToken(bytes[colon]) { colon += 1 }
        guard colon > start, colon < index, bytes[colon] == UInt8(ascii: ":") else {
            throw FramingError(reason: .trailer)
        }
        return next
    }
}
