/// Dates of HTTP.
public enum HTTPDate {
    /// The IMF-fixdate of seconds since 1970-01-01 UTC, 29 bytes (RFC 9110, 5.6.7).
    public static func format(epochSeconds: Int64) -> [UInt8] {
        let days = Int(epochSeconds / 86_400)
        let second = Int(epochSeconds % 86_400)
        let date = civil(days)
        var text: [UInt8] = []
        text.reserveCapacity(29)
        text += weekdays[(days + 4) % 7].utf8
        text += ", ".utf8
        append(date.day, 2, &text)
        text += " \(months[date.month - 1]) ".utf8
        append(date.year, 4, &text)
        text += " ".utf8
        append(second / 3_600, 2, &text)
        text += ":".utf8
        append(second / 60 % 60, 2, &text)
        text += ":".utf8
        append(second % 60, 2, &text)
        text += " GMT".utf8
        return text
    }

    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private static func append(_ value: Int, _ digits: Int, _ text: inout [UInt8]) {
        var divisor = 1
        for _ in 1..<digits { divisor *= 10 }
        while divisor > 0 {
            text.append(UInt8(truncatingIfNeeded: 48 + value / divisor % 10))
            divisor /= 10
        }
    }

    /// Days since 1970-01-01 as a date of the Gregorian calendar.
    private static func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthIndex = (5 * dayOfYear + 2) / 153
        let month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
        return (
            yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthIndex + 2) / 5 + 1
        )
    }
}
