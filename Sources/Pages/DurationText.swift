/// Lengths of time in words.
public enum DurationText {
    private static let units: [(seconds: Int, one: String, many: String)] = [
        (86_400, "day", "days"), (3_600, "hour", "hours"), (60, "minute", "minutes"),
        (1, "second", "seconds"),
    ]

    /// `30 days`, `12 hours`, `90 minutes`: in the largest unit that it is a whole number of.
    public static func words(seconds: Int) -> String {
        let unit = units.first { seconds >= $0.seconds && seconds % $0.seconds == 0 } ?? units[3]
        return count(seconds / unit.seconds, unit)
    }

    /// `just now`, `5 minutes ago`, `3 days ago`: the largest unit decides, and what is left is dropped.
    static func ago(seconds: Int) -> String {
        guard seconds >= 60, let unit = units.first(where: { seconds >= $0.seconds }) else {
            return "just now"
        }
        return count(seconds / unit.seconds, unit) + " ago"
    }

    private static func count(_ number: Int, _ unit: (seconds: Int, one: String, many: String)) -> String {
        "\(number) \(number == 1 ? unit.one : unit.many)"
    }
}
