internal import HTTPCore

/// One token of a `Connection` value (RFC 9110 section 7.6.1).
enum ConnectionOption {
    case close
    case keepAlive
    case upgrade
    case te
    /// The name of a field that is meant for this connection.
    case named
    /// Not a token.
    case malformed

    /// More than this many named fields in one head has no honest use, and every one is looked for in all
    /// lines.
    static let maximumNamed = 16

    @inline(__always)
    static func of(_ bytes: Span<UInt8>, _ token: Range<Int>) -> ConnectionOption {
        let start = token.lowerBound
        switch (token.count, ASCII.key(bytes, at: start, count: min(token.count, 8))) {
        case (5, 0x63_6c6f_7365): return .close
        case (7, 0x75_7067_7261_6465): return .upgrade
        case (2, 0x7465): return .te
        case (10, 0x6b65_6570_2d61_6c69):
            if ASCII.key(bytes, at: start + 8, count: 2) == 0x7665 { return .keepAlive }
        default: break
        }
        for index in token where !ByteClass.isToken(bytes[index]) { return .malformed }
        return .named
    }

    /// Marks the lines that `options` name as hop-by-hop, but for those that `keeps` holds on to.
    static func mark(
        _ fields: inout [FieldLine], namedBy options: [Range<Int>], _ bytes: Span<UInt8>,
        unless keeps: (FieldID) -> Bool
    ) {
        for option in options {
            let id = FieldID.of(bytes, option.lowerBound, option.count)
            for index in fields.indices where fields[index].id == id && !keeps(id) {
                let isNamed = id != .other || names(bytes, option, fields[index].name)
                if isNamed { fields[index].isHopByHop = true }
            }
        }
    }

    private static func names(_ bytes: Span<UInt8>, _ option: Range<Int>, _ name: Range<Int>) -> Bool {
        guard option.count == name.count else { return false }
        for offset in 0..<name.count {
            let left = ASCII.lower(bytes[option.lowerBound + offset])
            if left != ASCII.lower(bytes[name.lowerBound + offset]) { return false }
        }
        return true
    }
}
