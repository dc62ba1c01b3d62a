import HTTPCore

/// Points in time as text.
public enum Timestamp {
    /// RFC 3339 in UTC with seconds: `2026-11-25T12:00:00Z`. `seconds` since 1970; years outside of 1970 to 9999
    /// are clamped, since the format has four digits.
    public static func rfc3339(seconds: Int) -> String {
        let clamped = min(max(seconds, 0), 253_402_300_799)
        let civil = CivilDate(daysSince1970: clamped / 86_400)
        let second = clamped % 86_400
        let date = "\(padded(civil.year, 4))-\(padded(civil.month, 2))-\(padded(civil.day, 2))"
        return "\(date)T\(padded(second / 3600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))Z"
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
