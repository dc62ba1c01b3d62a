import HTTPCore

/// Wall-clock times as text.
public enum Timestamp {
    /// Appends `milliseconds` since 1970 as `2026-11-25T12:01:15.123Z` (RFC 3339).
    public static func append(_ milliseconds: Int64, to line: inout [UInt8]) {
        let days = floorDivide(milliseconds, 86_400_000)
        let rest = Int(milliseconds - days * 86_400_000)
        let date = CivilDate(daysSince1970: Int(days))
        append(date.year, digits: 4, to: &line)
        line.append(UInt8(ascii: "-"))
        append(date.month, digits: 2, to: &line)
        line.append(UInt8(ascii: "-"))
        append(date.day, digits: 2, to: &line)
        line.append(UInt8(ascii: "T"))
        append(rest / 3_600_000, digits: 2, to: &line)
        line.append(UInt8(ascii: ":"))
        append(rest / 60_000 % 60, digits: 2, to: &line)
        line.append(UInt8(ascii: ":"))
        append(rest / 1_000 % 60, digits: 2, to: &line)
        line.append(UInt8(ascii: "."))
        append(rest % 1_000, digits: 3, to: &line)
        line.append(UInt8(ascii: "Z"))
    }

    private static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
        let quotient = value / divisor
        return value % divisor < 0 ? quotient - 1 : quotient
    }

    private static func append(_ number: Int, digits: Int, to line: inout [UInt8]) {
        var divisor = 1
        for _ in 1..<digits { divisor *= 10 }
        while divisor > 0 {
            line.append(UInt8(truncatingIfNeeded: 48 + number / divisor % 10))
            divisor /= 10
        }
    }
}
