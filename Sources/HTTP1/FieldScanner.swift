internal import HTTPCore

/// Reads the header lines of a head, one at a time, and goes on in the middle of a line where the bytes ended
/// the time before: however the bytes arrive, each is looked at once.
struct FieldScanner: Sendable {
    /// What the bytes at the current line are.
    enum Step {
        case line(FieldLine)
        /// The empty line; the head ends at `end`.
        case end(Int)
        case incomplete
        case fault(Fault)
    }

    /// How a line breaks the grammar (RFC 9112 section 5).
    enum Fault {
        case lineEnd
        case folded
        case name
        case value
    }

    /// Where the current line begins.
    var lineStart = 0

    // Where to go on in the current line, and what of it is known; used after `incomplete` only.
    private var resumeAt = 0
    private var nameEnd = -1
    private var valueStart = 0
    private var nameClasses: UInt8 = 0

    init() {}

    /// Begins at the line at `start`.
    init(at start: Int) {
        lineStart = start
    }

    /// The line at `lineStart`, within the first `end` bytes.
    @inline(__always)
    mutating func next(_ bytes: Span<UInt8>, _ end: Int) -> Step {
        if resumeAt > lineStart { return resumed(bytes, end) }
        let start = lineStart
        guard start < end else { return .incomplete }
        guard ByteClass.isToken(bytes[start]) else { return unusual(bytes, end) }
        return name(bytes, end, from: start, classes: 0)
    }

    /// Goes on where the bytes ended. Kept out of line: a head usually arrives whole.
    @inline(never)
    private mutating func resumed(_ bytes: Span<UInt8>, _ end: Int) -> Step {
        if nameEnd < 0 { return name(bytes, end, from: resumeAt, classes: nameClasses) }
        return value(bytes, end, from: resumeAt, nameEnd: nameEnd, valueStart: valueStart)
    }

    /// A line that does not begin with a name.
    @inline(never)
    private mutating func unusual(_ bytes: Span<UInt8>, _ end: Int) -> Step {
        let first = bytes[lineStart]
        if ASCII.isBlank(first) { return .fault(.folded) }
        if first == ASCII.lineFeed { return .fault(.lineEnd) }
        guard first == ASCII.carriageReturn else { return .fault(.name) }
        guard lineStart + 1 < end else { return .incomplete }
        guard bytes[lineStart + 1] == ASCII.lineFeed else { return .fault(.lineEnd) }
        return .end(lineStart + 2)
    }

    @inline(__always)
    private mutating func name(
        _ bytes: Span<UInt8>, _ end: Int, from position: Int, classes known: UInt8
    ) -> Step {
        var index = position
        var classes = known
        while index < end {
            let byteClass = ByteClass.of(bytes[index])
            if byteClass & ByteClass.token == 0 { break }
            classes |= byteClass
            index &+= 1
        }
        nameClasses = classes
        guard index < end else { return pause(at: index) }
        guard bytes[index] == 0x3a else { return .fault(.name) }
        return value(bytes, end, from: index &+ 1, nameEnd: index, valueStart: index &+ 1)
    }

    @inline(__always)
    private mutating func value(
        _ bytes: Span<UInt8>, _ end: Int, from position: Int, nameEnd: Int, valueStart begin: Int
    ) -> Step {
        var index = position
        var valueStart = begin
        if index == valueStart {
            while index < end, ASCII.isBlank(bytes[index]) { index &+= 1 }
            valueStart = index
        }
        index = ByteClass.endOfText(bytes, index, end)
        guard index &+ 1 < end else {
            guard index == end || bytes[index] == ASCII.carriageReturn else { return endFault(bytes[index]) }
            return pause(at: index, nameEnd: nameEnd, valueStart: valueStart)
        }
        guard bytes[index] == ASCII.carriageReturn else { return endFault(bytes[index]) }
        guard bytes[index &+ 1] == ASCII.lineFeed else { return .fault(.lineEnd) }
        return finish(bytes, nameEnd, valueStart, index)
    }

    @inline(__always)
    private mutating func finish(
        _ bytes: Span<UInt8>, _ nameEnd: Int, _ valueStart: Int, _ lineEnd: Int
    ) -> Step {
        var valueEnd = lineEnd
        while valueEnd > valueStart, ASCII.isBlank(bytes[valueEnd &- 1]) { valueEnd &-= 1 }
        let start = lineStart
        lineStart = lineEnd &+ 2
        self.nameEnd = -1
        let id = FieldID.of(bytes, start, nameEnd &- start)
        return .line(
            FieldLine(
                id: id, name: start..<nameEnd, value: valueStart..<valueEnd,
                hasUnderscoreOrDot: nameClasses & ByteClass.unusualInName != 0))
    }

    @inline(never)
    private mutating func pause(at index: Int, nameEnd: Int = -1, valueStart: Int = 0) -> Step {
        resumeAt = index
        self.nameEnd = nameEnd
        self.valueStart = valueStart
        return .incomplete
    }

    private func endFault(_ byte: UInt8) -> Step {
        .fault(byte == ASCII.lineFeed ? .lineEnd : .value)
    }
}
