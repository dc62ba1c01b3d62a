/// Where something stands in a record's bytes.
public struct RecordSlice: Sendable, Equatable {
    /// Offset of the first byte.
    public var start: UInt16 = 0
    /// Bytes.
    public var count: UInt16 = 0

    /// The empty slice.
    public init() {}

    /// A slice of a record, whose offsets all fit: it has at most 4096 bytes.
    init(_ range: Range<Int>) {
        start = UInt16(clamping: range.lowerBound)
        count = UInt16(clamping: range.count)
    }

    /// Its place in the record.
    public var range: Range<Int> { Int(start)..<Int(start) + Int(count) }

    /// The bytes of it in `record`, which must be the record it was read from.
    public func bytes(in record: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        guard range.upperBound <= record.count else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        return UnsafeRawBufferPointer(rebasing: record[range])
    }
}

/// What a request needs of a session's record, as places in the record's bytes: reading it allocates nothing.
///
/// Good for as long as the bytes are, or for a copy of them.
public struct SessionView: Sendable, Equatable {
    /// The user's id; never escaped.
    public internal(set) var userID = RecordSlice()
    /// The login name, as it stands in the JSON; see `nameIsEscaped`.
    public internal(set) var name = RecordSlice()
    /// Whether the login name contains JSON escapes and has to be read with `decodedName`.
    public internal(set) var nameIsEscaped = false
    /// The session's handle for people and logs.
    public internal(set) var handle = RecordSlice()
    /// How many roles there are.
    public internal(set) var roleCount = 0
    /// The inside of the JSON array of roles.
    var roles = RecordSlice()
    /// When it began, in milliseconds since 1970.
    public internal(set) var created: Int64 = 0
    /// When it ends, whatever happens, in milliseconds since 1970.
    public internal(set) var absoluteEnd: Int64 = 0
    /// Seconds without a request after which it ends; 0 = no such limit.
    public internal(set) var idleSeconds: Int64 = 0
    /// Whether the user asked to stay logged in.
    public internal(set) var isRemembered = false
    /// When a replaced session ends for good; nil = it was not replaced.
    public internal(set) var graceEnd: Int64?

    /// A view of nothing, to be filled.
    public init() {}

    /// Whether it ends when it is not used for a time.
    public var hasIdleLimit: Bool { idleSeconds > 0 && !isRemembered }

    /// Milliseconds that the record may live from `now` on, at least 1.
    public func timeToLive(now: Int64) -> Int64 {
        SessionLifetime.milliseconds(
            now: now, absoluteEnd: absoluteEnd, idleSeconds: idleSeconds, isRemembered: isRemembered)
    }

    /// The login name with its escapes resolved; empty if they cannot be.
    public func decodedName(in record: UnsafeRawBufferPointer) -> [UInt8] {
        let raw = name.bytes(in: record)
        guard nameIsEscaped else { return [UInt8](raw) }
        return JSONText.value([UInt8](raw).span, 0..<raw.count) ?? []
    }

    /// Calls `body` with each role. Roles are never escaped.
    public func forEachRole(in record: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void) {
        let bytes = roles.bytes(in: record).bindMemory(to: UInt8.self)
        var position = 0
        while let role = JSONScanner.string(bytes.span, &position) {
            body(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[role.range]))
            while position < bytes.count, bytes[position] != UInt8(ascii: "\"") { position += 1 }
        }
    }

    /// Whether `role` is among the roles.
    public func hasRole(_ role: UnsafeRawBufferPointer, in record: UnsafeRawBufferPointer) -> Bool {
        var isFound = false
        forEachRole(in: record) { if $0.count == role.count && $0.elementsEqual(role) { isFound = true } }
        return isFound
    }
}
