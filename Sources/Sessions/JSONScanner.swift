/// Steps over the JSON of records: only ranges come out, nothing is allocated. Each step returns false, or nil, at
/// what does not belong there, and leaves `position` somewhere.
enum JSONScanner {
    /// The largest number read: every integer up to it has one JSON text that all readers agree on.
    static let largest: Int64 = 1 << 53 - 1
    /// How deep values of unknown fields may be nested.
    private static let depthLimit = 8

    /// Steps over `character`, which must be next.
    static func skip(_ character: Unicode.Scalar, _ bytes: Span<UInt8>, _ position: inout Int) -> Bool {
        guard next(bytes, position) == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    /// The byte at `position`; 0 beyond the end, which is no byte of JSON.
    static func next(_ bytes: Span<UInt8>, _ position: Int) -> UInt8 {
        position < bytes.count ? bytes[position] : 0
    }

    /// Steps over white space. Our own records have none; a record edited by hand may.
    static func skipSpace(_ bytes: Span<UInt8>, _ position: inout Int) {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0a, 0x0d: position += 1
            default: return
            }
        }
    }

    /// Steps over a string; what stands between its quotes, and whether there is an escape in it.
    static func string(_ bytes: Span<UInt8>, _ position: inout Int) -> (range: Range<Int>, isEscaped: Bool)? {
        guard skip("\"", bytes, &position) else { return nil }
        let start = position
        var isEscaped = false
        while true {
            skipPlain(bytes, &position)
            guard position < bytes.count else { return nil }
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") {
                position += 1
                return (start..<position - 1, isEscaped)
            }
            guard byte >= 0x20 else { return nil }
            if byte == UInt8(ascii: "\\") {
                isEscaped = true
                position += 1
                guard next(bytes, position) >= 0x20 else { return nil }
            }
            position += 1
        }
    }

    /// Steps to the next quote, backslash or control byte, or nearly to the end; 8 bytes at a time.
    private static func skipPlain(_ bytes: Span<UInt8>, _ position: inout Int) {
        let low: UInt64 = 0x0101_0101_0101_0101
        while position + 8 <= bytes.count {
            let word = bytes.bytes.unsafeLoadUnaligned(fromByteOffset: position, as: UInt64.self)
            let quote = word ^ (low &* UInt64(UInt8(ascii: "\"")))
            let backslash = word ^ (low &* UInt64(UInt8(ascii: "\\")))
            // A byte borrows if it is less than what is taken from it. Only bytes above the first hit can be
            // reported wrongly, and only the first counts.
            let hits =
                ((quote &- low) & ~quote) | ((backslash &- low) & ~backslash)
                | ((word &- low &* 0x20) & ~word)
            let marks = hits & (low &* 0x80)
            if marks != 0 {
                position += marks.trailingZeroBitCount / 8
                return
            }
            position += 8
        }
    }

    /// Steps over an integer from 0 to `largest`, without sign, leading zero, fraction or exponent.
    static func integer(_ bytes: Span<UInt8>, _ position: inout Int) -> Int64? {
        let start = position
        var value: Int64 = 0
        while position < bytes.count, 0x30...0x39 ~= bytes[position] {
            value = value * 10 + Int64(bytes[position] - 0x30)
            guard value <= largest else { return nil }
            position += 1
        }
        guard position > start, position == start + 1 || bytes[start] != 0x30 else { return nil }
        switch next(bytes, position) {
        case UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"): return nil
        default: return value
        }
    }

    /// Steps over `true` or `false`.
    static func boolean(_ bytes: Span<UInt8>, _ position: inout Int) -> Bool? {
        if skip(word: "true", bytes, &position) { return true }
        return skip(word: "false", bytes, &position) ? false : nil
    }

    /// Steps over any value.
    static func skipValue(_ bytes: Span<UInt8>, _ position: inout Int, depth: Int = 0) -> Bool {
        switch next(bytes, position) {
        case UInt8(ascii: "\""): return string(bytes, &position) != nil
        case UInt8(ascii: "{"):
            return depth < depthLimit && skipMembers(bytes, &position, "}", true, depth + 1)
        case UInt8(ascii: "["):
            return depth < depthLimit && skipMembers(bytes, &position, "]", false, depth + 1)
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return boolean(bytes, &position) != nil
        case UInt8(ascii: "n"): return skip(word: "null", bytes, &position)
        default: return skipNumber(bytes, &position)
        }
    }

    private static func skipMembers(
        _ bytes: Span<UInt8>, _ position: inout Int, _ end: Unicode.Scalar, _ isObject: Bool, _ depth: Int
    ) -> Bool {
        position += 1
        skipSpace(bytes, &position)
        if skip(end, bytes, &position) { return true }
        while true {
            if isObject {
                guard string(bytes, &position) != nil else { return false }
                skipSpace(bytes, &position)
                guard skip(":", bytes, &position) else { return false }
                skipSpace(bytes, &position)
            }
            guard skipValue(bytes, &position, depth: depth) else { return false }
            skipSpace(bytes, &position)
            if skip(end, bytes, &position) { return true }
            guard skip(",", bytes, &position) else { return false }
            skipSpace(bytes, &position)
        }
    }

    private static func skipNumber(_ bytes: Span<UInt8>, _ position: inout Int) -> Bool {
        if next(bytes, position) == UInt8(ascii: "-") { position += 1 }
        guard 0x30...0x39 ~= next(bytes, position) else { return false }
        while position < bytes.count {
            switch bytes[position] {
            case 0x30...0x39, UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"), UInt8(ascii: "+"),
                UInt8(ascii: "-"):
                position += 1
            default: return true
            }
        }
        return true
    }

    private static func skip(word: StaticString, _ bytes: Span<UInt8>, _ position: inout Int) -> Bool {
        let count = word.utf8CodeUnitCount
        guard bytes.count - position >= count else { return false }
        for index in 0..<count where bytes[position + index] != word.utf8Start[index] { return false }
        position += count
        return true
    }
}
