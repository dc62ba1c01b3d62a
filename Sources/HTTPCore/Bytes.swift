/// Byte-wise helpers: ASCII only, no locale, no Unicode equivalence.
public enum ASCII {
    /// `A`-`Z` as `a`-`z`, everything else as it is.
    @inline(__always)
    public static func lower(_ byte: UInt8) -> UInt8 {
        byte &- 0x41 < 26 ? byte | 0x20 : byte
    }

    /// Whether a token may hold the byte (RFC 9110, 5.6.2).
    @inline(__always)
    public static func isToken(_ byte: UInt8) -> Bool {
        // Two bit sets over 0...127: ! # $ % & ' * + - . 0-9, and A-Z ^ _ ` a-z | ~.
        if byte < 64 { return (0x03ff_6cfa_0000_0000 as UInt64) >> UInt64(byte) & 1 != 0 }
        if byte < 128 { return (0x57ff_ffff_c7ff_fffe as UInt64) >> UInt64(byte & 63) & 1 != 0 }
        return false
    }

    /// Whether the byte is a letter, a digit or `-`.
    @inline(__always)
    public static func isNameByte(_ byte: UInt8) -> Bool {
        lower(byte) &- 0x61 < 26 || byte &- 0x30 < 10 || byte == 0x2d
    }

    /// The value of a hexadecimal digit, or 255.
    @inline(__always)
    public static func hexValue(_ byte: UInt8) -> UInt8 {
        if byte &- 0x30 < 10 { return byte &- 0x30 }
        let letter = byte | 0x20
        return letter &- 0x61 < 6 ? letter &- 0x61 &+ 10 : 255
    }

    /// Whether the byte is a space or a tab.
    @inline(__always)
    public static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}

extension Span<UInt8> {
    /// Whether the bytes in `range` are exactly `text`.
    @inline(__always)
    public func equals(_ range: Range<Int>, _ text: StaticString) -> Bool {
        guard range.count == text.utf8CodeUnitCount else { return false }
        let start = range.lowerBound
        return text.withUTF8Buffer { wanted in
            for index in wanted.indices where unsafe self[start + index] != wanted[index] { return false }
            return true
        }
    }

    /// Whether the bytes in `range` are `text`, which is lower case, whatever their case.
    @inline(__always)
    public func equalsIgnoringCase(_ range: Range<Int>, _ text: StaticString) -> Bool {
        guard range.count == text.utf8CodeUnitCount else { return false }
        let start = range.lowerBound
        return text.withUTF8Buffer { wanted in
            for index in wanted.indices
            where unsafe ASCII.lower(self[start + index]) != wanted[index] { return false }
            return true
        }
    }

    /// `range` without blanks at its ends.
    public func trimmed(_ range: Range<Int>) -> Range<Int> {
        var start = range.lowerBound
        var end = range.upperBound
        while start < end && ASCII.isBlank(self[start]) { start += 1 }
        while end > start && ASCII.isBlank(self[end - 1]) { end -= 1 }
        return start..<end
    }
}
