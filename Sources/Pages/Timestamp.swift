/// Points in time as text.
public enum Timestamp {
    /// RFC 3339 in UTC with seconds: `2026-11-25T12:00:00Z`. `seconds` since 1970; years outside of 1970 to 9999
    /// are clamped, since the format has four digits.
    public static func rfc3339(seconds: Int) -> String {
        let clamped = min(max(seconds, 0), 253_402_300_799)
        let (year, month, day) = date(daysSince1970: clamped / 86_400)
        let second = clamped % 86_400
        let date = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
        return "\(date)T\(padded(second / 3600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))Z"
    }

    /// Proleptic Gregorian calendar, counted in eras of 400 years that begin on 1 March, so that the leap day is
    /// the last of its year.
    private static func date(daysSince1970 days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
