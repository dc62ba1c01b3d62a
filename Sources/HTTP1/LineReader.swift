import HTTPCore

/// Finds lines that end in CRLF, and remembers how far it looked, so that a head fed byte by byte is looked at once.
struct LineReader {
    /// First byte of the current line.
    private(set) var start = 0
    private var scanned = 0

    enum Line {
        case incomplete
        /// The line without its CRLF.
        case line(Range<Int>)
        /// A control byte, a bare CR or a bare LF.
        case invalid
    }

    mutating func skip(to offset: Int) {
        start = offset
        scanned = offset
    }

    /// The next line. Bytes below 0x20 other than tab, and 0x7f, are invalid wherever they stand (RFC 9110, 5.5).
    @inline(__always)
    mutating func next(_ bytes: Span<UInt8>) -> Line {
        var index = max(scanned, start)
        let end = bytes.count
        while index < end {
            let byte = bytes[index]
            if byte >= 0x20 && byte != 0x7f || byte == 0x09 {
                index += 1
                continue
            }
            guard byte == 0x0d else { return .invalid }
            guard index + 1 < end else { break }
            guard bytes[index + 1] == 0x0a else { return .invalid }
            let line = start..<index
            start = index + 2
            scanned = start
            return .line(line)
        }
        scanned = index
        return .incomplete
    }
}
