public import HTTPCore

/// A request's head, parsed in place: ranges count from the first byte of the span given to `parse`.
///
/// Reusable: `reset()` keeps the arrays' storage, so that parsing the next head allocates nothing.
public struct RequestHead: Sendable {
    /// The method.
    public private(set) var method = Method.other
    /// The method's bytes.
    public private(set) var methodRange = 0..<0
    /// The request target as it came.
    public private(set) var target = 0..<0
    /// The path, raw.
    public private(set) var path = 0..<0
    /// The query without its `?`; nil if there is none.
    public private(set) var query: Range<Int>?
    /// The authority of an absolute-form target.
    public private(set) var authority: Range<Int>?
    /// The host that counts: the authority, else the Host field; empty if HTTP/1.0 has neither (RFC 9112, 3.2.2).
    public private(set) var host = 0..<0
    /// 0 or 1; later minor versions are treated as 1.
    public private(set) var minorVersion = 1
    /// The field lines in order.
    public private(set) var fields: [FieldLine] = []
    /// Content-Length.
    public private(set) var contentLength: Int?
    /// The body is chunked.
    public private(set) var isChunked = false
    /// The connection may outlive the exchange.
    public private(set) var keepsAlive = true
    /// `Expect: 100-continue`, from an HTTP/1.1 client.
    public private(set) var expectsContinue = false
    /// There is an Upgrade field.
    public private(set) var hasUpgrade = false
    /// A GET of HTTP/1.1 with `Upgrade: websocket` and `Connection: upgrade` (RFC 6455, 4.1).
    public private(set) var upgradesToWebSocket = false
    /// The target is `*` (OPTIONS only).
    public private(set) var isAsteriskForm = false
    /// Number of Cookie lines.
    public private(set) var cookieLineCount = 0
    /// Max-Forwards, where it is a number.
    public private(set) var maxForwards: Int?
    /// A name has a byte outside `[A-Za-z0-9-]`, or Connection has options besides close and keep-alive: worth a look.
    public private(set) var mayHaveSuspiciousFields = false

    private var reader = LineReader()
    private var hasRequestLine = false
    private var hostCount = 0
    private var hasConnectionUpgrade = false
    private var upgradeIsWebSocket = false
    private var connectionLines = 0
    private var hasClose = false
    private var hasKeepAlive = false

    /// An empty head.
    public init() { fields.reserveCapacity(32) }

    /// Makes it ready for the next head.
    public mutating func reset() {
        fields.removeAll(keepingCapacity: true)
        query = nil
        authority = nil
        host = 0..<0
        contentLength = nil
        isChunked = false
        keepsAlive = true
        expectsContinue = false
        hasUpgrade = false
        upgradesToWebSocket = false
        isAsteriskForm = false
        cookieLineCount = 0
        maxForwards = nil
        mayHaveSuspiciousFields = false
        reader = LineReader()
        hasRequestLine = false
        hostCount = 0
        hasConnectionUpgrade = false
        upgradeIsWebSocket = false
        connectionLines = 0
        hasClose = false
        hasKeepAlive = false
    }

    /// How the body's end is known.
    public var framing: BodyFraming {
        if isChunked { return .chunked }
        guard let contentLength, contentLength > 0 else { return .none }
        return .length(contentLength)
    }

    // MARK: Parsing

    /// Parses the head that `bytes` begins with. After `.incomplete`, call again with the same bytes and more.
    public mutating func parse(_ bytes: Span<UInt8>, limits: HeadLimits) -> RequestParse {
        do {
            guard try parseLines(bytes, limits) else { return try checkPartial(bytes, limits) }
            try finish(bytes)
            return .complete(length: reader.start)
        } catch {
            return .refused(error)
        }
    }

    /// False: more bytes are needed.
    private mutating func parseLines(
        _ bytes: Span<UInt8>, _ limits: HeadLimits
    ) throws(RequestRefusal) -> Bool {
        if !hasRequestLine {
            guard try parseRequestLine(bytes, limits) else { return false }
        }
        while true {
            switch reader.next(bytes) {
            case .incomplete: return false
            case .invalid: throw RequestRefusal(400, .header)
            case .line(let line):
                if reader.start > limits.headerSize + limits.uri { throw RequestRefusal(431, .tooLarge) }
                if line.isEmpty {
                    if reader.start - target.count > limits.headerSize {
                        throw RequestRefusal(431, .tooLarge)
                    }
                    return true
                }
                guard fields.count < limits.headerCount else { throw RequestRefusal(431, .tooLarge) }
                try parseField(bytes, line)
            }
        }
    }

    /// Enforces the limits while the head is not whole.
    private func checkPartial(
        _ bytes: Span<UInt8>, _ limits: HeadLimits
    ) throws(RequestRefusal) -> RequestParse {
        if hasRequestLine {
            if bytes.count - target.count > limits.headerSize { throw RequestRefusal(431, .tooLarge) }
            return .incomplete
        }
        if bytes.count > limits.uri + 64 { throw RequestRefusal(414, .tooLarge) }
        try refuseForeignProtocol(bytes)
        return .incomplete
    }

    /// Something that cannot become a request line is refused before its line ends.
    private func refuseForeignProtocol(_ bytes: Span<UInt8>) throws(RequestRefusal) {
        var index = reader.start
        while index < bytes.count && ASCII.isToken(bytes[index]) { index += 1 }
        if index < bytes.count && bytes[index] != 0x20 && bytes[index] != 0x0d {
            throw RequestRefusal(400, .requestLine)
        }
        if index - reader.start > 32 { throw RequestRefusal(400, .method) }
    }

    private mutating func parseRequestLine(
        _ bytes: Span<UInt8>, _ limits: HeadLimits
    ) throws(RequestRefusal) -> Bool {
        // One empty line before the request is tolerated (RFC 9112, 2.2).
        if reader.start == 0 && bytes.count > 0 && bytes[0] == 0x0d {
            guard bytes.count > 1 else { return false }
            guard bytes[1] == 0x0a else { throw RequestRefusal(400, .requestLine) }
            reader.skip(to: 2)
        }
        switch reader.next(bytes) {
        case .incomplete: return false
        case .invalid: throw RequestRefusal(400, .requestLine)
        case .line(let line):
            try splitRequestLine(bytes, line, limits)
            hasRequestLine = true
            return true
        }
    }

    /// `method SP target SP HTTP/1.x`, one space each (RFC 9112, 3).
    private mutating func splitRequestLine(
        _ bytes: Span<UInt8>, _ line: Range<Int>, _ limits: HeadLimits
    ) throws(RequestRefusal) {
        var index = line.lowerBound
        while index < line.upperBound && ASCII.isToken(bytes[index]) { index += 1 }
        guard index > line.lowerBound, index < line.upperBound, bytes[index] == 0x20 else {
            throw RequestRefusal(400, .requestLine)
        }
        methodRange = line.lowerBound..<index
        guard methodRange.count <= 32 else { throw RequestRefusal(501, .method) }
        method = Method.of(bytes, methodRange)
        let targetStart = index + 1
        index = targetStart
        while index < line.upperBound && bytes[index] != 0x20 { index += 1 }
        target = targetStart..<index
        guard !target.isEmpty, index < line.upperBound else { throw RequestRefusal(400, .requestLine) }
        try parseVersion(bytes, index + 1..<line.upperBound)
        if target.count > limits.uri { throw RequestRefusal(414, .tooLarge) }
        if method == .connect { throw RequestRefusal(405, .method) }
        if method == .trace { throw RequestRefusal(405, .method) }
        try parseTarget(bytes)
    }

    private mutating func parseVersion(
        _ bytes: Span<UInt8>, _ range: Range<Int>
    ) throws(RequestRefusal) {
        guard range.count == 8, bytes.equals(range.lowerBound..<range.lowerBound + 5, "HTTP/"),
            bytes[range.lowerBound + 6] == UInt8(ascii: ".")
        else { throw RequestRefusal(400, .version) }
        let major = bytes[range.lowerBound + 5] &- 48
        let minor = bytes[range.lowerBound + 7] &- 48
        guard major < 10, minor < 10 else { throw RequestRefusal(400, .version) }
        guard major == 1 else { throw RequestRefusal(505, .version) }
        minorVersion = min(Int(minor), 1)
    }

    // MARK: Target

    private mutating func parseTarget(_ bytes: Span<UInt8>) throws(RequestRefusal) {
        for index in target where bytes[index] <= 0x20 || bytes[index] >= 0x7f || bytes[index] == 0x23 {
            throw RequestRefusal(400, .target)
        }
        if bytes[target.lowerBound] == UInt8(ascii: "/") {
            splitQuery(bytes, target)
            return
        }
        if bytes.equals(target, "*") {
            guard method == .options else { throw RequestRefusal(400, .target) }
            isAsteriskForm = true
            path = target
            return
        }
        try parseAbsoluteForm(bytes)
    }

    private mutating func splitQuery(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        var index = range.lowerBound
        while index < range.upperBound && bytes[index] != UInt8(ascii: "?") { index += 1 }
        path = range.lowerBound..<index
        query = index < range.upperBound ? index + 1..<range.upperBound : nil
    }

    /// `http://authority/path`; the Host field is ignored then (RFC 9112, 3.2.2).
    private mutating func parseAbsoluteForm(_ bytes: Span<UInt8>) throws(RequestRefusal) {
        var start = target.lowerBound
        if target.count > 7 && bytes.equalsIgnoringCase(start..<start + 7, "http://") {
            start += 7
        } else if target.count > 8 && bytes.equalsIgnoringCase(start..<start + 8, "https://") {
            start += 8
        } else {
            throw RequestRefusal(400, .target)
        }
        var end = start
        while end < target.upperBound && bytes[end] != UInt8(ascii: "/") && bytes[end] != UInt8(ascii: "?") {
            end += 1
        }
        guard end > start, HostName.isValid(bytes, start..<end) else { throw RequestRefusal(400, .target) }
        authority = start..<end
        guard end < target.upperBound, bytes[end] == UInt8(ascii: "/") else {
            // Nothing of the target is a path: `http://a` asks for `/`, or for `*` with OPTIONS (RFC 9112, 3.2.4).
            guard end == target.upperBound, method == .options else { throw RequestRefusal(400, .target) }
            isAsteriskForm = true
            path = end..<end
            return
        }
        splitQuery(bytes, end..<target.upperBound)
    }

    // MARK: Fields

    private mutating func parseField(_ bytes: Span<UInt8>, _ line: Range<Int>) throws(RequestRefusal) {
        var colon = line.lowerBound
        var isPlain = true
        while colon < line.upperBound {
            let byte = bytes[colon]
            if !ASCII.isNameByte(byte) {
                if byte == UInt8(ascii: ":") { break }
                // Also refuses a folded line, which begins with a blank, and a blank before the colon.
                guard ASCII.isToken(byte) else { throw RequestRefusal(400, .header) }
                isPlain = false
            }
            colon += 1
        }
        guard colon > line.lowerBound, colon < line.upperBound else { throw RequestRefusal(400, .header) }
        let name = line.lowerBound..<colon
        let value = bytes.trimmed(colon + 1..<line.upperBound)
        let id = FieldID.of(bytes, name)
        if !isPlain { mayHaveSuspiciousFields = true }
        fields.append(FieldLine(name: name, value: value, id: id, hasUnderscoreOrDot: !isPlain))
        if id != .other { try interpret(id, bytes, value) }
    }

    @inline(__always)
    private mutating func interpret(
        _ id: FieldID, _ bytes: Span<UInt8>, _ value: Range<Int>
    ) throws(RequestRefusal) {
        switch id {
        case .host:
            hostCount += 1
            host = value
        case .contentLength:
            guard contentLength == nil, let length = Framing.length(bytes, value) else {
                throw RequestRefusal(400, .framing)
            }
            contentLength = length
        case .transferEncoding:
            guard !isChunked, minorVersion >= 1 else { throw RequestRefusal(400, .framing) }
            guard bytes.equalsIgnoringCase(value, "chunked") else { throw RequestRefusal(400, .framing) }
            isChunked = true
        case .connection: try readConnection(bytes, value)
        case .cookie: cookieLineCount += 1
        case .expect: try readExpectation(bytes, value)
        case .upgrade: readUpgrade(bytes, value)
        case .maxForwards: maxForwards = try readMaxForwards(bytes, value)
        default: break
        }
    }

    private mutating func readConnection(
        _ bytes: Span<UInt8>, _ value: Range<Int>
    ) throws(RequestRefusal) {
        connectionLines += 1
        try ListElements.forEach(bytes, value) { (token) throws(RequestRefusal) in
            if bytes.equalsIgnoringCase(token, "close") {
                hasClose = true
            } else if bytes.equalsIgnoringCase(token, "keep-alive") {
                hasKeepAlive = true
            } else if bytes.equalsIgnoringCase(token, "upgrade") {
                hasConnectionUpgrade = true
            } else {
                for index in token where !ASCII.isToken(bytes[index]) { throw RequestRefusal(400, .header) }
                mayHaveSuspiciousFields = true
            }
        }
    }

    private mutating func readExpectation(
        _ bytes: Span<UInt8>, _ value: Range<Int>
    ) throws(RequestRefusal) {
        guard minorVersion >= 1 else { return }
        guard !expectsContinue, bytes.equalsIgnoringCase(value, "100-continue") else {
            throw RequestRefusal(417, .expectation)
        }
        expectsContinue = true
    }

    private mutating func readUpgrade(_ bytes: Span<UInt8>, _ value: Range<Int>) {
        upgradeIsWebSocket = !hasUpgrade && bytes.equalsIgnoringCase(value, "websocket")
        hasUpgrade = true
    }

    private func readMaxForwards(_ bytes: Span<UInt8>, _ value: Range<Int>) throws(RequestRefusal) -> Int? {
        guard method == .options else { return nil }
        guard maxForwards == nil, value.count <= 9, let hops = Framing.length(bytes, value) else {
            throw RequestRefusal(400, .header)
        }
        return hops
    }

    // MARK: The whole

    private mutating func finish(_ bytes: Span<UInt8>) throws(RequestRefusal) {
        if isChunked && contentLength != nil { throw RequestRefusal(400, .framing) }
        try finishHost(bytes)
        keepsAlive = minorVersion >= 1 ? !hasClose : hasKeepAlive && !hasClose
        upgradesToWebSocket =
            upgradeIsWebSocket && hasConnectionUpgrade && method == .get && minorVersion >= 1 && !isChunked
            && (contentLength ?? 0) == 0
        if connectionLines > 0 && mayHaveSuspiciousFields { markNamedFields(bytes) }
    }

    private mutating func finishHost(_ bytes: Span<UInt8>) throws(RequestRefusal) {
        guard hostCount <= 1 else { throw RequestRefusal(400, .host) }
        if hostCount == 1 {
            guard HostName.isValid(bytes, host) else { throw RequestRefusal(400, .host) }
        } else if minorVersion >= 1 {
            throw RequestRefusal(400, .host)
        }
        if let authority { host = authority }
    }

    /// Fields that Connection names end here (RFC 9110, 7.6.1).
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
}
