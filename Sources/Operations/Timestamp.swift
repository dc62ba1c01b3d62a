/// Wall-clock times as text.
public enum Timestamp {
    /// Appends `milliseconds` since 1970 as `2026-11-25T12:01:15.123Z` (RFC 3339).
    public static func append(_ milliseconds: Int64, to line: inout [UInt8]) {
        let days = floorDivide(milliseconds, 86_400_000)
        let rest = Int(milliseconds - days * 86_400_000)
        let (year, month, day) = civil(fromDays: Int(days))
        append(year, digits: 4, to: &line)
        line.append(UInt8(ascii: "-"))
        append(month, digits: 2, to: &line)
        line.append(UInt8(ascii: "-"))
        append(day, digits: 2, to: &line)
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

    /// The Gregorian date of a day count since 1970, by eras of 400 years that start on 1 March.
    private static func civil(fromDays days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = Int(floorDivide(Int64(shifted), 146_097))
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
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
