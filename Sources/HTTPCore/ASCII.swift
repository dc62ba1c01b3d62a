/// Classes and folds of single bytes. HTTP's grammar is over octets; nothing here knows Unicode.
public enum ASCII {
    /// Carriage return, the first half of a line end (RFC 9112 section 2.2).
    @inlinable public static var carriageReturn: UInt8 { 0x0d }

    /// Line feed, the second half of a line end (RFC 9112 section 2.2).
    @inlinable public static var lineFeed: UInt8 { 0x0a }

    /// `A` to `Z` in lower case, every other byte unchanged.
    @inlinable @inline(__always)
    public static func lower(_ byte: UInt8) -> UInt8 {
        byte &- 0x41 < 26 ? byte | 0x20 : byte
    }

    /// `0` to `9`.
    @inlinable @inline(__always)
    public static func isDigit(_ byte: UInt8) -> Bool {
        byte &- 0x30 < 10
    }

    /// `A` to `Z` and `a` to `z`.
    @inlinable @inline(__always)
    public static func isAlpha(_ byte: UInt8) -> Bool {
        (byte | 0x20) &- 0x61 < 26
    }

    /// A letter or a digit.
    @inlinable @inline(__always)
    public static func isAlphanumeric(_ byte: UInt8) -> Bool {
        isAlpha(byte) || isDigit(byte)
    }

    /// A letter, a digit or a hyphen: what every common field name consists of.
    @inlinable @inline(__always)
    public static func isNameByte(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || byte == 0x2d
    }

    /// Space or tab, the only bytes that are ever trimmed (RFC 9110 section 5.6.3).
    @inlinable @inline(__always)
    public static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09
    }

    /// A byte of a token (RFC 9110 section 5.6.2).
    @inlinable @inline(__always)
    public static func isToken(_ byte: UInt8) -> Bool {
        isMember(byte, low: 0x03ff_6cfa_0000_0000, high: 0x57ff_ffff_c7ff_fffe)
    }

    /// A byte that means the same percent-encoded and not (RFC 3986 section 2.3).
    @inlinable @inline(__always)
    public static func isUnreserved(_ byte: UInt8) -> Bool {
        isMember(byte, low: 0x03ff_6000_0000_0000, high: 0x47ff_fffe_87ff_fffe)
    }

    /// Value of a hexadecimal digit in either case; 16 for any other byte.
    @inlinable @inline(__always)
    public static func hexValue(_ byte: UInt8) -> UInt8 {
        if isDigit(byte) { return byte &- 0x30 }
        let letter = (byte | 0x20) &- 0x61
        return letter < 6 ? letter &+ 10 : 16
    }

    /// The digit, upper-case, for the low four bits of `value`.
    @inlinable @inline(__always)
    public static func hexDigit(_ value: UInt8) -> UInt8 {
        let nibble = value & 15
        return nibble < 10 ? 0x30 &+ nibble : 0x37 &+ nibble
    }

    /// Whether the bit for `byte` is set: `low` has the bits for 0 to 63, `high` those for 64 to 127.
    @inlinable @inline(__always)
    static func isMember(_ byte: UInt8, low: UInt64, high: UInt64) -> Bool {
        let half = byte < 64 ? low : (byte < 128 ? high : 0)
        return (half &>> UInt64(byte & 63)) & 1 != 0
    }
}
