internal import HTTPCore

/// Reads the framing of a chunked body byte by byte: size lines, the line end behind each chunk, trailers.
struct ChunkReader: Sendable {
    enum Step {
        case more
        /// A chunk of so many bytes, at least one, follows.
        case chunk(Int)
        case end
    }

    private enum State: UInt8 {
        case firstDigit, size
        case extensionStart, extensionName, valueStart, tokenValue, quotedValue, quotedEscape, afterQuote
        case sizeLineFeed, chunkReturn, chunkLineFeed
        case lineStart, trailerName, trailerValue, trailerLineFeed, lastLineFeed
    }

    /// Bytes of one size line, extensions included.
    private static let longestLine = 256
    /// Bytes of size lines and line ends that any message may have.
    private static let freeOverhead = 100 * 1024
    /// Above that, no more than so many bytes of framing for each of payload.
    private static let overheadPerPayload = 3
    private static let trailerBytes = 8192
    private static let trailerLines = 64
    private static let largestChunk: UInt64 = 1 << 62

    private var state = State.firstDigit
    private var digits: UInt8 = 0
    private var size: UInt64 = 0
    private var lineLength = 0
    private var overhead = 0
    private var payload = 0
    private var trailers = 0
    private var trailerName = TrailerName(first: 0)
    private let limitsOverhead: Bool

    init(limitsOverhead: Bool) {
        self.limitsOverhead = limitsOverhead
    }

    /// Counts payload that the framing is measured against.
    mutating func notePayload(_ count: Int) {
        let sum = payload.addingReportingOverflow(count)
        payload = sum.overflow ? Int.max : sum.partialValue
    }

    /// Takes one byte of framing.
    mutating func take(_ byte: UInt8) throws(FramingError) -> Step {
        lineLength += 1
        switch state {
        case .firstDigit, .size: return try takeSize(byte)
        case .extensionStart, .extensionName, .valueStart, .tokenValue, .quotedValue, .quotedEscape,
            .afterQuote:
            return try takeExtension(byte)
        case .sizeLineFeed, .chunkReturn, .chunkLineFeed: return try takeLineEnd(byte)
        case .lineStart, .trailerName, .trailerValue, .trailerLineFeed, .lastLineFeed:
            return try takeTrailer(byte)
        }
    }

    private mutating func takeSize(_ byte: UInt8) throws(FramingError) -> Step {
        let value = ASCII.hexValue(byte)
        if value < 16 {
            digits += 1
            guard digits <= 16 else { throw .chunkSize }
            size = size << 4 | UInt64(value)
            state = .size
            return .more
        }
        guard state == .size, size <= Self.largestChunk else { throw .chunkSize }
        switch byte {
        case ASCII.carriageReturn: state = .sizeLineFeed
        case 0x3b: state = .extensionStart
        case ASCII.lineFeed: throw .lineEnd
        default: throw .chunkSize
        }
        return .more
    }

    private mutating func takeLineEnd(_ byte: UInt8) throws(FramingError) -> Step {
        if state == .chunkReturn {
            guard byte == ASCII.carriageReturn else { throw .lineEnd }
            state = .chunkLineFeed
            return .more
        }
        guard byte == ASCII.lineFeed else { throw .lineEnd }
        if state == .chunkLineFeed {
            state = .firstDigit
            size = 0
            digits = 0
            // The line end behind a chunk counts as part of the next size line.
            return .more
        }
        return try endSizeLine()
    }

    private mutating func endSizeLine() throws(FramingError) -> Step {
        try charge()
        if size == 0 {
            state = .lineStart
            return .more
        }
        state = .chunkReturn
        return .chunk(Int(size))
    }

    private mutating func charge() throws(FramingError) {
        guard lineLength <= Self.longestLine else { throw .overhead }
        overhead += lineLength
        lineLength = 0
        guard limitsOverhead, overhead > Self.freeOverhead else { return }
        guard overhead / Self.overheadPerPayload <= payload else { throw .overhead }
    }

    private mutating func takeExtension(_ byte: UInt8) throws(FramingError) -> Step {
        guard lineLength <= Self.longestLine else { throw .overhead }
        let isToken = ByteClass.isToken(byte)
        switch state {
        case .extensionStart where isToken: state = .extensionName
        case .extensionName where isToken: break
        case .extensionName where byte == 0x3d: state = .valueStart
        case .valueStart where byte == 0x22: state = .quotedValue
        case .valueStart where isToken: state = .tokenValue
        case .tokenValue where isToken: break
        case .quotedValue: try takeQuoted(byte)
        case .quotedEscape:
            guard isText(byte) else { throw .chunkExtension }
            state = .quotedValue
        case .extensionName, .tokenValue, .afterQuote:
            if byte == 0x3b {
                state = .extensionStart
            } else if byte == ASCII.carriageReturn {
                state = .sizeLineFeed
            } else {
                throw byte == ASCII.lineFeed ? .lineEnd : .chunkExtension
            }
        default: throw .chunkExtension
        }
        return .more
    }

    private mutating func takeQuoted(_ byte: UInt8) throws(FramingError) {
        switch byte {
        case 0x22: state = .afterQuote
        case 0x5c: state = .quotedEscape
        default:
            guard isText(byte) else { throw .chunkExtension }
        }
    }

    private mutating func takeTrailer(_ byte: UInt8) throws(FramingError) -> Step {
        guard lineLength <= Self.trailerBytes else { throw .trailerSize }
        switch state {
        case .lineStart where byte == ASCII.carriageReturn: state = .lastLineFeed
        case .lineStart where ByteClass.isToken(byte):
            trailers += 1
            guard trailers <= Self.trailerLines else { throw .trailerSize }
            trailerName = TrailerName(first: byte)
            state = .trailerName
        case .trailerName where ByteClass.isToken(byte): trailerName.add(byte)
        case .trailerName where byte == 0x3a && !trailerName.isForbidden: state = .trailerValue
        case .trailerValue where byte == ASCII.carriageReturn: state = .trailerLineFeed
        case .trailerValue where isText(byte): break
        case .trailerLineFeed where byte == ASCII.lineFeed: state = .lineStart
        case .lastLineFeed where byte == ASCII.lineFeed: return .end
        case .trailerLineFeed, .lastLineFeed: throw .lineEnd
        default: throw byte == ASCII.lineFeed ? .lineEnd : .trailer
        }
        return .more
    }

    /// A byte of a field value or a quoted string: TAB, and everything that is no control.
    private func isText(_ byte: UInt8) -> Bool {
        byte >= 0x20 ? byte != 0x7f : byte == 0x09
    }
}
