import Operations

/// One line of the access log, put together in place: no growth, no allocation, no counted reference.
///
/// What does not fit is left out, and `isWhole` says so; such a line is not for the log.
struct LogLine {
    /// Bytes of the longest line.
    static let limit = LogWriter.maximumWrite - 1

    private let base: UnsafeMutableRawPointer
    private var count = 0
    /// Whether everything did fit.
    private(set) var isWhole = true

    /// An empty line in `storage`, which holds `limit` bytes.
    init(in storage: UnsafeMutableRawPointer) { base = storage }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    @inline(__always)
    private mutating func hasRoom(_ wanted: Int) -> Bool {
        if wanted <= Self.limit - count { return true }
        isWhole = false
        return false
    }

    // MARK: As it is

    @inline(__always)
    mutating func append(_ literal: StaticString) {
        append(UnsafeRawBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
    }

    @inline(__always)
    mutating func append(_ raw: UnsafeRawBufferPointer) {
        guard let source = raw.baseAddress, hasRoom(raw.count) else { return }
        (base + count).copyMemory(from: source, byteCount: raw.count)
        count += raw.count
    }

    mutating func append(_ array: [UInt8]) { array.withUnsafeBytes { append($0) } }

    mutating func append(decimal number: Int) {
        guard hasRoom(20) else { return }
        var value = number.magnitude
        if number < 0 { put(UInt8(ascii: "-")) }
        var digits = 1
        var power: UInt = 10
        while value >= power, digits < 19 {
            digits += 1
            power *= 10
        }
        for position in stride(from: count + digits - 1, through: count, by: -1) {
            base.storeBytes(
                of: UInt8(truncatingIfNeeded: 48 + value % 10), toByteOffset: position, as: UInt8.self)
            value /= 10
        }
        count += digits
    }

    /// Microseconds as milliseconds with three decimals; below zero is zero.
    mutating func append(milliseconds microseconds: Int64) {
        let value = Int(max(microseconds, 0))
        append(decimal: value / 1_000)
        append(thousandths: value % 1_000)
    }

    /// `.123` of 123.
    mutating func append(thousandths value: Int) {
        guard hasRoom(4) else { return }
        put(UInt8(ascii: "."))
        put(UInt8(truncatingIfNeeded: 48 + value / 100))
        put(UInt8(truncatingIfNeeded: 48 + value / 10 % 10))
        put(UInt8(truncatingIfNeeded: 48 + value % 10))
    }

    // MARK: As a JSON string

    /// A field of a JSON object: `,"name":"value"`, with at most `limit` bytes of the value.
    @inline(__always)
    mutating func field(_ name: StaticString, _ value: UnsafeRawBufferPointer, limit: Int) {
        append(",\"")
        append(name)
        append("\":\"")
        escape(value, limit: limit)
        append("\"")
    }

    /// The first `limit` bytes of `raw` as the inside of a JSON string.
    mutating func escape(_ raw: UnsafeRawBufferPointer, limit: Int) {
        escape(UnsafeRawBufferPointer(rebasing: raw.prefix(limit)))
    }

    /// `raw` as the inside of a JSON string. What is not ASCII is shown as an escape of its value, so that a line is
    /// always valid UTF-8.
    mutating func escape(_ raw: UnsafeRawBufferPointer) {
        // Sixteen plain bytes at a time, as nearly everything is.
        var done = 0
        while raw.count - done >= 16, Self.limit - count >= 16 {
            let block = raw.loadUnaligned(fromByteOffset: done, as: SIMD16<UInt8>.self)
            let isPlain =
                (block .>= 0x20) .& (block .< 0x7f) .& (block .!= UInt8(ascii: "\""))
                .& (block .!= UInt8(ascii: "\\"))
            guard all(isPlain) else { break }
            base.storeBytes(of: block, toByteOffset: count, as: SIMD16<UInt8>.self)
            count += 16
            done += 16
        }
        while done < raw.count {
            escape(raw[done])
            done += 1
        }
    }

    mutating func escape(_ byte: UInt8) {
        guard hasRoom(6) else { return }
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            put(UInt8(ascii: "\\"))
            put(byte)
        case 0x20...0x7e: put(byte)
        default:
            append("\\u00")
            put(Self.digit(byte >> 4))
            put(Self.digit(byte & 15))
        }
    }

    @inline(__always)
    private mutating func put(_ byte: UInt8) {
        base.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        count += 1
    }

    private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? 48 + value : 87 + value }
}

/// Parts of lines that the configuration decides: escaped once, copied ever after.
extension FixedBytes {
    /// `,"name":"value"` for each pair, then `end`.
    init(logFields: [(name: String, value: String)], then end: String = "") {
        var text: [UInt8] = []
        for (name, value) in logFields {
            text += Array(",\"\(name)\":".utf8)
            JSONText.append(value.utf8, to: &text)
        }
        self.init(text + Array(end.utf8))
    }
}
