public import HTTPCore

/// What is wrong with a response's head.
public enum ResponseFault: String, Error, Sendable {
    case statusLine = "status line"
    case version, header, framing
    case tooLarge = "too large"
}

/// What parsing a response's head came to.
public enum ResponseParse: Sendable, Equatable {
    /// More bytes are needed.
    case incomplete
    /// The head is whole and has this many bytes.
    case complete(length: Int)
    /// The head breaks the rules or a limit; nothing of it may be passed on.
    case malformed(ResponseFault)
}

/// A response's head, parsed in place: ranges count from the first byte of the span given to `parse`.
public struct ResponseHead: Sendable {
    /// 100 to 599.
    public private(set) var status = 0
    /// 0 or 1.
    public private(set) var minorVersion = 1
    /// The field lines in order.
    public private(set) var fields: [FieldLine] = []
    /// Content-Length.
    public private(set) var contentLength: Int?
    /// The body is chunked.
    public private(set) var isChunked = false
    /// The connection may serve another exchange.
    public private(set) var keepsAlive = true
    /// A 101 with `Upgrade: websocket` and `Connection: upgrade`.
    public private(set) var isUpgradeToWebSocket = false

    private var reader = LineReader()
    private var hasStatusLine = false
    private var hasClose = false
    private var hasKeepAlive = false
    private var hasConnectionUpgrade = false
    private var hasOtherOptions = false
    private var upgradeIsWebSocket = false

    /// An empty head.
    public init() { fields.reserveCapacity(32) }

    private mutating func reset() {
        fields.removeAll(keepingCapacity: true)
        contentLength = nil
        isChunked = false
        keepsAlive = true
        isUpgradeToWebSocket = false
        reader = LineReader()
        hasStatusLine = false
        hasClose = false
        hasKeepAlive = false
        hasConnectionUpgrade = false
        hasOtherOptions = false
        upgradeIsWebSocket = false
    }

    /// Parses the head that `bytes` begins with. After `.incomplete` it begins anew with the same bytes and more
    /// (origins send heads in one piece nearly always).
    public mutating func parse(_ bytes: Span<UInt8>, limits: HeadLimits) -> ResponseParse {
        reset()
        do {
            guard try parseLines(bytes, limits) else {
                return bytes.count > limits.headerSize ? .malformed(.tooLarge) : .incomplete
            }
            try finish(bytes)
            return .complete(length: reader.start)
        } catch {
            return .malformed(error)
        }
    }

    private mutating func parseLines(
        _ bytes: Span<UInt8>, _ limits: HeadLimits
    ) throws(ResponseFault) -> Bool {
        while true {
            switch reader.next(bytes) {
            case .incomplete:
                if !hasStatusLine { try refuseForeignStart(bytes) }
                return false
            case .invalid:
                // A reason phrase may hold bytes that we do not pass on anyway, but no controls.
                throw .header
            case .line(let line):
                if !hasStatusLine {
                    try parseStatusLine(bytes, line)
                    continue
                }
                if line.isEmpty { return true }
                guard fields.count < limits.headerCount, reader.start <= limits.headerSize else {
                    throw .tooLarge
                }
                try parseField(bytes, line)
            }
        }
    }

    private func refuseForeignStart(_ bytes: Span<UInt8>) throws(ResponseFault) {
        let start: StaticString = "HTTP/1."
        let count = min(bytes.count, 7)
        let isOurs = start.withUTF8Buffer { wanted in
            for index in 0..<count where unsafe bytes[index] != wanted[index] { return false }
            return true
        }
        if !isOurs { throw .statusLine }
    }

    /// `HTTP/1.x SP 3 digits [SP phrase]` (RFC 9112, 4); the phrase is dropped, ours is sent.
    private mutating func parseStatusLine(
        _ bytes: Span<UInt8>, _ line: Range<Int>
    ) throws(ResponseFault) {
        guard line.count >= 12, bytes.equals(line.lowerBound..<line.lowerBound + 7, "HTTP/1."),
            bytes[line.lowerBound + 8] == 0x20, bytes[line.lowerBound + 7] &- 48 < 10
        else { throw .statusLine }
        minorVersion = min(Int(bytes[line.lowerBound + 7] &- 48), 1)
        guard let code = Framing.length(bytes, line.lowerBound + 9..<line.lowerBound + 12), code >= 100,
            code <= 599
        else { throw .statusLine }
        if line.count > 12 && bytes[line.lowerBound + 12] != 0x20 { throw .statusLine }
        status = code
        hasStatusLine = true
    }

    private mutating func parseField(_ bytes: Span<UInt8>, _ line: Range<Int>) throws(ResponseFault) {
        var colon = line.lowerBound
        while colon < line.upperBound && ASCII.isToken(bytes[colon]) { colon += 1 }
        guard colon > line.lowerBound, colon < line.upperBound, bytes[colon] == UInt8(ascii: ":") else {
            throw .header
        }
        let name = line.lowerBound..<colon
        let value = bytes.trimmed(colon + 1..<line.upperBound)
        let id = FieldID.of(bytes, name)
        fields.append(FieldLine(name: name, value: value, id: id, hasUnderscoreOrDot: false))
        switch id {
        case .contentLength:
            guard contentLength == nil, let length = Framing.length(bytes, value) else { throw .framing }
            contentLength = length
        case .transferEncoding:
            guard !isChunked, minorVersion >= 1, bytes.equalsIgnoringCase(value, "chunked") else {
                throw .framing
            }
            isChunked = true
        case .connection: readConnection(bytes, value)
        case .upgrade: upgradeIsWebSocket = bytes.equalsIgnoringCase(value, "websocket")
        default: break
        }
    }

    private mutating func readConnection(_ bytes: Span<UInt8>, _ value: Range<Int>) {
        ListElements.forEach(bytes, value) { token in
            if bytes.equalsIgnoringCase(token, "close") {
                hasClose = true
            } else if bytes.equalsIgnoringCase(token, "keep-alive") {
                hasKeepAlive = true
            } else if bytes.equalsIgnoringCase(token, "upgrade") {
                hasConnectionUpgrade = true
            } else {
                hasOtherOptions = true
            }
        }
    }

    private mutating func finish(_ bytes: Span<UInt8>) throws(ResponseFault) {
        if isChunked && contentLength != nil { throw .framing }
        keepsAlive = minorVersion >= 1 ? !hasClose : hasKeepAlive && !hasClose
        isUpgradeToWebSocket = status == 101 && upgradeIsWebSocket && hasConnectionUpgrade
        if hasOtherOptions { markNamedFields(bytes) }
    }

    private mutating func markNamedFields(_ bytes: Span<UInt8>) {
        for connection in fields.indices where fields[connection].id == .connection {
            let value = fields[connection].value
            ListElements.forEach(bytes, value) { token in
                for index in fields.indices where Self.isSame(bytes, fields[index].name, token) {
                    fields[index].isHopByHop = true
                }
            }
        }
    }

    private static func isSame(_ bytes: Span<UInt8>, _ left: Range<Int>, _ right: Range<Int>) -> Bool {
        guard left.count == right.count else { return false }
        for offset in 0..<left.count
        where ASCII.lower(bytes[left.lowerBound + offset]) != ASCII.lower(bytes[right.lowerBound + offset]) {
            return false
        }
        return true
    }

    /// How the body's end is known, given the request's method (RFC 9112, 6.3).
    public func framing(toMethod method: Method) -> BodyFraming {
        if method == .head || status < 200 || status == 204 || status == 304 { return .none }
        if isChunked { return .chunked }
        guard let contentLength else { return .untilClose }
        return contentLength == 0 ? .none : .length(contentLength)
    }
}
