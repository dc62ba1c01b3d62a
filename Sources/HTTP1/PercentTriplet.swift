internal import HTTPCore

/// `%` and two hexadecimal digits (RFC 3986 section 2.1).
enum PercentTriplet {
    /// The byte that the triplet at `index` stands for; nil where it is not one before `end`.
    static func value(_ bytes: Span<UInt8>, _ index: Int, _ end: Int) -> UInt8? {
        guard index + 2 < end, bytes[index] == 0x25 else { return nil }
        let high = ASCII.hexValue(bytes[index + 1])
        let low = ASCII.hexValue(bytes[index + 2])
        guard high < 16, low < 16 else { return nil }
        return high << 4 | low
    }

    /// Appends the triplet for `value` in upper case; returns whether the one at `index` was spelled so.
    static func append(
        _ value: UInt8, to output: inout [UInt8], spelled bytes: Span<UInt8>, _ index: Int
    ) -> Bool {
        let high = ASCII.hexDigit(value >> 4)
        let low = ASCII.hexDigit(value)
        output.append(0x25)
        output.append(high)
        output.append(low)
        return bytes[index + 1] == high && bytes[index + 2] == low
    }
}
